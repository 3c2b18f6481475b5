// The golden vectors of the Rust side, run here as well.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { digits } from "../src/authority";
import { type Credential, proves, verifyCredential } from "../src/credential";
import { petition, petitionText } from "../src/door";
import { Assembly, CHUNK, CLOSE, cut, HELLO, parseFrame, PING, PONG, PROOF } from "../src/framing";
import { transcript } from "../src/handshake";
import { readEnvelope, unpack } from "../src/message";
import { plainKey } from "../src/key";
import { fromBase64, hex } from "../src/octets";

interface Side {
  hello_frame: string;
  proof_frame: string;
  signed: string;
}

interface HandshakeVector {
  at: number;
  property: string;
  property_ca: string;
  offerer: Side;
  answerer: Side;
}

interface FrameVector {
  message: string;
  frames: { chunk: string[]; close: string; ping: string; pong: string };
}

interface DoorVector {
  property: string;
  petition: { device: string; operation: "unlock"; execution: string; expires_at: number; actor: { signature: string } };
  petition_text: string;
  public_key: string;
}

function vector<T>(name: string, crate = "peer"): T {
  const url = new URL(`../../../${crate}/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as T;
}

function octets(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** What a frame of that kind carries. */
function inside(digits: string, kind: number): Uint8Array {
  const frame = parseFrame(octets(digits));
  if (frame.kind !== kind || !("octets" in frame)) throw new Error("another frame");
  return frame.octets;
}

describe("the vectors of the handshake", () => {
  const given = vector<HandshakeVector>("handshake");
  const [offerer, answerer] = [inside(given.offerer.hello_frame, HELLO), inside(given.answerer.hello_frame, HELLO)];

  it.each(["offerer", "answerer"] as const)("prove the %s", (position) => {
    const text = transcript(position, offerer, answerer);
    expect(hex(text)).toBe(given[position].signed);
    const hello = unpack(position === "offerer" ? offerer : answerer);
    const caller = verifyCredential(hello.credential as Credential, fromBase64(given.property_ca), given.at);
    expect([caller.principal, caller.property]).toEqual([hello.from, given.property]);
    const { signature } = unpack(inside(given[position].proof_frame, PROOF));
    expect(proves(caller, text, signature as Uint8Array)).toBe(true);
    text[text.length - 1] = (text.at(-1) ?? 0) ^ 1;
    expect(proves(caller, text, signature as Uint8Array)).toBe(false);
  });
});

describe("the vectors of frames", () => {
  const { message, frames } = vector<FrameVector>("frames");

  it("come out as one message", () => {
    const assembly = new Assembly();
    const whole = frames.chunk.map((digits) => {
      const frame = parseFrame(octets(digits));
      return frame.kind === CHUNK ? assembly.take(frame) : null;
    });
    expect(hex(whole.at(-1) ?? new Uint8Array())).toBe(message);
    expect(readEnvelope(octets(message)).v).toBe(1);
  });

  it("are what this side writes", () => {
    expect([...cut(7, octets(message))].map(hex)).toEqual(frames.chunk);
  });

  it("are of their kinds", () => {
    expect(parseFrame(octets(frames.ping)).kind).toBe(PING);
    expect(parseFrame(octets(frames.pong)).kind).toBe(PONG);
    expect(unpack(inside(frames.close, CLOSE)).code).toBe("expired");
  });
});

describe("the vector of petitions", () => {
  const given = vector<DoorVector>("door", "kit");
  const { device, operation, execution, expires_at: expiresAt, actor } = given.petition;
  const alice = { property: given.property, principal: "alice", standing: "operator", expiresAt: 0 };
  const text = petitionText(given.property, execution, { device, operation, expiresAt });

  it("is signed over the same octets", () => {
    expect(hex(text)).toBe(given.petition_text);
    const caller = { ...alice, publicKey: fromBase64(given.public_key) };
    expect(proves(caller, text, fromBase64(actor.signature))).toBe(true);
    const later = petitionText(given.property, execution, { device, operation, expiresAt: expiresAt + 1 });
    expect(proves(caller, later, fromBase64(actor.signature))).toBe(false);
  });

  it("is what this side writes", async () => {
    const key = plainKey(new Uint8Array(32).fill(7));
    const credential = { token: "t" };
    const passport = { property: given.property, principal: "alice", role: "manager", credential, key };
    const written = await petition(passport, { device, operation, expiresAt });
    const signed = petitionText(given.property, written.execution, { device, operation, expiresAt });
    expect(proves({ ...alice, publicKey: key.publicKey }, signed, written.actor.signature)).toBe(true);
    expect(written).toMatchObject({ device, operation, arguments: {}, expires_at: expiresAt, actor: { credential } });
    expect((await petition(passport, { device, operation, expiresAt })).execution).not.toBe(written.execution);
  });
});

describe("the digits of a tablet that enrols", () => {
  it("are those that whoever invited it is shown", () => {
    // The crate `kit` has the same example.
    expect(digits(new Uint8Array(32).fill(7), new Uint8Array(65).fill(4))).toBe("646328");
  });
});
