/** The handshake on a channel that has just opened: who is it, over which certificates, proven. */

import { sha256 } from "@noble/hashes/sha2.js";
import { p256 } from "@noble/curves/nist.js";

import { type Caller, type Credential, type Passport, proves, verifyCredential } from "./credential";
import { CLOSE, HELLO, PROOF, frameOf, parseFrame } from "./framing";
import { pack, unpack } from "./message";
import { concat, equal, random, u32, utf8 } from "./octets";
import { isProblem, problem, ProblemError } from "./problem";
import { LABEL, proof } from "./proof";

export type Position = "offerer" | "answerer";

/** What is fixed before the first frame. */
export interface Terms {
  position: Position;
  connection: string;
  them: string;
  capabilities: string[];
  /** SHA-256 of the DTLS certificates in use, as hexadecimal digits. */
  fingerprints: { local: string; remote: string };
}

export type Step = { send: Uint8Array<ArrayBuffer> } | { established: Caller };

interface Heard {
  octets: Uint8Array;
  caller: Caller;
}

/** The role of whoever sits at a table. */
const GUEST = "guest";
/** Longest Hello, in bytes. */
const HELLO_MAX = 14 * 1024;
/** Most capabilities that a side names. */
const CAPABILITIES_MAX = 32;

export class Handshake {
  readonly #terms: Terms;
  readonly #passport: Passport;
  readonly #ca: Uint8Array;
  readonly #nonce = random(32);
  readonly #hello: Uint8Array;
  #heard: Heard | null = null;

  constructor(terms: Terms, passport: Passport, ca: Uint8Array) {
    this.#terms = terms;
    this.#passport = passport;
    this.#ca = ca;
    this.#hello = pack({
      v: 1,
      property: passport.property,
      connection: terms.connection,
      from: passport.principal,
      to: terms.them,
      capabilities: terms.capabilities,
      fingerprint: terms.fingerprints.local,
      nonce: this.#nonce,
      credential: passport.credential,
      ephemeral: p256.getPublicKey(p256.utils.randomSecretKey(), false),
    });
  }

  /** The frame to begin with. */
  begin(): Uint8Array<ArrayBuffer> {
    return frameOf(HELLO, this.#hello);
  }

  /** Takes a frame; throws the problem with which the connection is to be closed. */
  async handle(octets: Uint8Array, now: number): Promise<Step> {
    const frame = parseFrame(octets);
    if (frame.kind === HELLO && this.#heard === null) {
      return { send: await this.#onHello(frame.octets, now) };
    }
    if (frame.kind === PROOF && this.#heard !== null) {
      return { established: this.#onProof(frame.octets, this.#heard) };
    }
    if (frame.kind === CLOSE) {
      const told = unpack(frame.octets);
      throw isProblem(told) ? new ProblemError(told) : problem("unavailable", "the other side closed");
    }
    throw problem("forbidden", "frame out of turn");
  }

  async #onHello(octets: Uint8Array, now: number): Promise<Uint8Array<ArrayBuffer>> {
    if (octets.length > HELLO_MAX) {
      throw problem("too-large", "hello is too long");
    }
    const hello = unpack(octets);
    this.#check(hello);
    const caller = verifyCredential(credentialOf(hello.credential), this.#ca, now);
    if (caller.principal !== hello.from || caller.property !== this.#passport.property) {
      throw problem("forbidden", "credential is somebody else's", "credential");
    }
    if (caller.standing === GUEST && this.#passport.role === GUEST) {
      throw problem("forbidden", "guests are not connected to guests");
    }
    this.#heard = { octets: octets.slice(), caller };
    const signature = await this.#passport.key.sign(this.#text(this.#terms.position, octets));
    return frameOf(PROOF, pack({ signature }));
  }

  #check(hello: Record<string, unknown>): void {
    const { fingerprints, connection, them } = this.#terms;
    const must = (field: string, holds: boolean): void => {
      if (!holds) throw problem("forbidden", `${field} of the hello is not what it must be`, field);
    };
    must("v", hello.v === 1);
    must("property", hello.property === this.#passport.property);
    must("connection", hello.connection === connection);
    must("to", hello.to === this.#passport.principal);
    must("from", hello.from === them && hello.from !== this.#passport.principal);
    must("fingerprint", hello.fingerprint === fingerprints.remote);
    const { nonce, ephemeral, capabilities } = hello;
    must("nonce", nonce instanceof Uint8Array && nonce.length === 32 && !equal(nonce, this.#nonce));
    must("ephemeral", ephemeral instanceof Uint8Array && ephemeral.length === 65 && ephemeral[0] === 4);
    must("capabilities", Array.isArray(capabilities) && capabilities.length <= CAPABILITIES_MAX);
  }

  #onProof(octets: Uint8Array, heard: Heard): Caller {
    const { signature } = unpack(octets);
    const other = this.#terms.position === "offerer" ? "answerer" : "offerer";
    const text = this.#text(other, heard.octets);
    if (!(signature instanceof Uint8Array) || !proves(heard.caller, text, signature)) {
      throw problem("forbidden", "proof is wrong");
    }
    return heard.caller;
  }

  #text(position: Position, theirs: Uint8Array): Uint8Array {
    const [offerer, answerer] =
      this.#terms.position === "offerer" ? [this.#hello, theirs] : [theirs, this.#hello];
    return transcript(position, offerer, answerer);
  }
}

/** What the side in `position` signs. */
export function transcript(position: Position, offerer: Uint8Array, answerer: Uint8Array): Uint8Array {
  const both = concat(u32(offerer.length), offerer, u32(answerer.length), answerer);
  return proof(LABEL.peerHandshake, [utf8(position), sha256(both)]);
}

function credentialOf(value: unknown): Credential {
  if (typeof value === "object" && value !== null) {
    if ("token" in value && typeof value.token === "string") return { token: value.token };
    if ("certificate" in value && value.certificate instanceof Uint8Array) return { certificate: value.certificate };
  }
  throw problem("malformed", "neither a token nor a certificate", "credential");
}
