// A peer that shares no code with ours, written after docs/spec/peer.md and docs/spec/signaling.md:
// libdatachannel instead of our WebRTC, Node's cryptography instead of ours.
//
//   node stranger.mjs --signaling ws://HOST:PORT --identity DIR --property NAME --route ROUTE [--wrong WHAT]
//
// Joins with the certificate of `--identity` (ca.pem, cert.pem, key.pem), calls the box, asks for its
// printers and a preview, prints a ticket and waits until it is on paper. Prints one JSON object of
// what it was told; says on standard error what went wrong and exits with 1.
//
// `--wrong` does one thing that is against the rules and prints the last word of the box instead:
// `fingerprint` (names another certificate), `kind` (a frame nobody knows), `hello` (a second Hello),
// `inflation` (a message that inflates beyond all bounds), `envelope` (a message that is none), `flood`
// (more messages begun than anybody may begin).

import { createHash, createPrivateKey, ECDH, createECDH, randomBytes, sign, verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deflateRawSync, inflateRawSync } from "node:zlib";

import { decode, encode } from "@msgpack/msgpack";
import nodeDataChannel from "node-datachannel";
import WebSocket from "ws";

const LIMIT_MS = 20_000;
const HELLO_MAX = 14 * 1024;
const MESSAGE_MAX = 8 * 1024 * 1024;
const [HELLO, PROOF, CHUNK, PING, PONG, CLOSE] = [1, 2, 3, 4, 5, 6];
const PIECE = 16_368;
const DEFLATED = 1;
const THE_BOX = "device-proxy";

const { values } = parseArgs({
  options: {
    signaling: { type: "string" },
    identity: { type: "string" },
    property: { type: "string" },
    route: { type: "string" },
    wrong: { type: "string" },
  },
});
const file = (name) => readFileSync(join(values.identity, name));
const ca = new X509Certificate(file("ca.pem"));
const own = new X509Certificate(file("cert.pem"));
const key = createPrivateKey(file("key.pem"));
const me = principalOf(own);

async function main() {
  const signaling = await Signaling.join();
  const call = new Call(signaling);
  const { channel, caller } = await call.connect();
  if (values.wrong !== undefined) return channel.doWrong(values.wrong);
  const printers = await channel.request("printers", {});
  const preview = await channel.request("print-preview", { route: values.route, document: ticket(80) });
  const job = uuid();
  const taken = await channel.request("print", { v: 1, job, route: values.route, document: ticket(1) });
  const done = await channel.heard(({ type, body }) => type === "print-status" && body.job === job && body.state === "done");
  const problem = await channel.request("no-such-thing", {}).catch((error) => error.problem);
  const png = Buffer.from(preview.png).toString("latin1", 1, 4) === "PNG";
  console.log(JSON.stringify({ caller, printers, is_png: png, taken: taken.job === job, done: done.body.state, problem: problem.code }));
  call.end();
  signaling.leave();
  nodeDataChannel.cleanup();
}

/** A receipt of so many lines. */
function ticket(lines) {
  const text = (number) => ({ kind: "text", text: `Tomato soup, the ${number}th, as every day` });
  return { kind: "receipt", lines: Array.from({ length: lines }, (_, number) => text(number)) };
}

/** The session with the signaling server (§1). */
class Signaling {
  static async join() {
    const socket = new WebSocket(values.signaling);
    const session = new Signaling(socket);
    const challenge = await session.next("challenge");
    const text = proof("hotel-signaling-join-v1", [fromBase64url(challenge.nonce), Buffer.from(values.property)]);
    session.say({ type: "join", v: 1, credential: { certificate: base64url(own.raw) }, proof: base64url(signed(text)) });
    const welcome = await session.next("welcome");
    if (welcome.you.id !== me) throw new Error(`taken for ${welcome.you.id}`);
    if (!welcome.peers.some(({ id }) => id === THE_BOX)) await session.next("peer-joined", ({ peer }) => peer.id === THE_BOX);
    return session;
  }

  #socket;
  #listeners = new Set();
  #early = [];

  constructor(socket) {
    this.#socket = socket;
    socket.on("error", fail);
    socket.on("message", (data) => {
      const message = JSON.parse(data.toString());
      if (message.type === "problem") fail(new Error(`refused: ${JSON.stringify(message.problem)}`));
      if (message.type === "undeliverable") fail(new Error(`undeliverable: ${message.reason}`));
      if (this.#listeners.size === 0) this.#early.push(message);
      for (const listener of this.#listeners) listener(message);
    });
  }

  say(message) {
    this.#socket.send(JSON.stringify(message));
  }

  listen(listener) {
    for (const message of this.#early.splice(0)) listener(message);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  next(type, is = () => true) {
    return new Promise((resolve) => {
      const stop = this.listen((message) => {
        if (message.type !== type || !is(message)) return;
        queueMicrotask(() => stop());
        resolve(message);
      });
    });
  }

  leave() {
    this.say({ type: "leave" });
    this.#socket.close();
  }
}

/** One call of the box (§2, §3). */
class Call {
  #signaling;
  #id = uuid();
  #connection = new nodeDataChannel.PeerConnection(me, { iceServers: [] });

  constructor(signaling) {
    this.#signaling = signaling;
  }

  async connect() {
    const where = { to: THE_BOX, connection: this.#id, negotiation: 0 };
    const local = new Promise((resolve) => {
      this.#connection.onLocalDescription((sdp) => {
        this.#signaling.say({ type: "offer", sdp, ...where });
        resolve(fingerprintIn(sdp));
      });
    });
    this.#connection.onLocalCandidate((line, sdpMid) => {
      const candidate = line.replace(/^a=/, "");
      this.#signaling.say({ type: "ice-candidate", candidate: { candidate, sdpMid, sdpMLineIndex: 0 }, ...where });
    });
    const remote = this.#answered();
    const data = this.#connection.createDataChannel("hotel", { protocol: "hotel-peer-v1" });
    const frames = new Frames(data);
    await new Promise((resolve) => data.onOpen(resolve));
    const caller = await this.#prove(frames, await local, await remote);
    return { channel: new Channel(frames), caller };
  }

  #answered() {
    const early = [];
    let described = false;
    const add = ({ candidate, sdpMid }) => this.#connection.addRemoteCandidate(candidate, sdpMid ?? "0");
    return new Promise((resolve) => {
      this.#signaling.listen((message) => {
        if (message.connection !== this.#id || message.from !== THE_BOX) return;
        if (message.type === "answer") {
          this.#connection.setRemoteDescription(message.sdp, "answer");
          described = true;
          early.splice(0).forEach(add);
          resolve(fingerprintIn(message.sdp));
        }
        if (message.type === "ice-candidate" && message.candidate?.candidate) {
          if (described) add(message.candidate);
          else early.push(message.candidate);
        }
      });
    });
  }

  /** Both sign which certificates they see; says who the other is. */
  async #prove(frames, mine, theirs) {
    const ephemeral = createECDH("prime256v1").generateKeys();
    const nonce = randomBytes(32);
    const hello = encode({
      v: 1,
      property: values.property,
      connection: this.#id,
      from: me,
      to: THE_BOX,
      capabilities: [],
      fingerprint: values.wrong === "fingerprint" ? "00".repeat(32) : mine,
      nonce,
      credential: { certificate: own.raw },
      ephemeral,
    });
    frames.send(HELLO, hello);
    const heard = await frames.next(HELLO);
    if (heard.length > HELLO_MAX) throw new Error(`a Hello of ${heard.length} octets`);
    const told = decode(heard);
    const caller = this.#check(told, theirs, nonce);
    const digest = createHash("sha256").update(sized(hello)).update(sized(heard)).digest();
    const text = (position) => proof("hotel-peer-handshake-v1", [Buffer.from(position), digest]);
    frames.send(PROOF, encode({ signature: signed(text("offerer")) }));
    const { signature } = decode(await frames.next(PROOF));
    const itsKey = { key: caller.publicKey, dsaEncoding: "ieee-p1363" };
    if (!verify("sha256", text("answerer"), itsKey, signature)) throw new Error("the proof of the box is wrong");
    return principalOf(caller);
  }

  #check(told, theirs, nonce) {
    const expected = { v: 1, property: values.property, connection: this.#id, from: THE_BOX, to: me, fingerprint: theirs };
    for (const [name, value] of Object.entries(expected)) {
      if (told[name] !== value) throw new Error(`${name} of the box's Hello is ${told[name]}, not ${value}`);
    }
    const sizes = { nonce: 32, ephemeral: 65 };
    for (const [name, size] of Object.entries(sizes)) {
      if (told[name].length !== size) throw new Error(`${name} of the box's Hello has ${told[name].length} octets`);
    }
    ECDH.convertKey(told.ephemeral, "prime256v1");
    if (Buffer.from(told.nonce).equals(nonce)) throw new Error("the box's Hello is our own");
    const certificate = new X509Certificate(told.credential.certificate);
    const now = Date.now();
    const isValid = now >= Date.parse(certificate.validFrom) && now <= Date.parse(certificate.validTo);
    if (!certificate.verify(ca.publicKey) || !isValid) throw new Error("the box's certificate is not good");
    if (principalOf(certificate) !== THE_BOX) throw new Error("the box's certificate is somebody else's");
    if (propertyOf(certificate) !== propertyOf(own)) throw new Error("the box's certificate is of another property");
    return certificate;
  }

  end() {
    this.#connection.close();
  }
}

/** Frames of a data channel (§4). */
class Frames {
  onFrame = () => undefined;
  #channel;
  #early = [];
  #wanted = null;

  constructor(channel) {
    this.#channel = channel;
    channel.onMessage((data) => {
      const [kind, ...rest] = [data[0], data.subarray(1)];
      if (kind === CLOSE) closed(decode(rest[0]));
      else if (kind === PING) this.send(PONG, rest[0]);
      else if (kind === HELLO || kind === PROOF) this.#proving({ kind, rest: rest[0] });
      else this.onFrame(kind, rest[0]);
    });
  }

  send(kind, rest) {
    this.#channel.sendMessageBinary(Buffer.concat([Buffer.of(kind), rest]));
  }

  async next(kind) {
    const frame = this.#early.shift() ?? (await new Promise((resolve) => (this.#wanted = resolve)));
    if (frame.kind !== kind) throw new Error(`frame ${frame.kind} instead of ${kind}`);
    return frame.rest;
  }

  #proving(frame) {
    if (this.#wanted === null) this.#early.push(frame);
    else this.#wanted(frame);
    this.#wanted = null;
  }
}

/** Messages on a proven connection (§4). */
class Channel {
  #frames;
  #number = 0;
  #unfinished = new Map();
  #replies = new Map();
  #events = [];
  #waiting = null;

  constructor(frames) {
    this.#frames = frames;
    frames.onFrame = (kind, rest) => kind === CHUNK && this.#chunk(rest);
  }

  request(type, body) {
    const id = uuid();
    const message = encode({ v: 1, id, kind: "request", type, from: me, timestamp: Date.now(), body });
    this.#send(message, 0);
    return new Promise((resolve, reject) => this.#replies.set(id, { resolve, reject }));
  }

  /** One of the things that nobody may do. */
  doWrong(what) {
    const wrongs = {
      kind: () => this.#frames.send(77, Buffer.of(1)),
      hello: () => this.#frames.send(HELLO, encode({})),
      inflation: () => this.#send(deflateRawSync(Buffer.alloc(MESSAGE_MAX + 1)), DEFLATED),
      flood: () => Array.from({ length: 17 }, () => this.#begin()),
      envelope: () => this.#send(Buffer.from("no envelope"), 0),
    };
    wrongs[what]();
  }

  /** Begins a message and does not end it. */
  #begin() {
    this.#piece(Buffer.alloc(PIECE), 0, 2 * PIECE, 0);
    this.#number += 1;
  }

  /** Sends a message in pieces. */
  #send(message, flags) {
    for (let index = 0; index * PIECE < message.length; index += 1) {
      this.#piece(message.subarray(index * PIECE, (index + 1) * PIECE), index, message.length, flags);
    }
    this.#number += 1;
  }

  #piece(octets, index, total, flags) {
    const header = Buffer.alloc(15);
    header[0] = flags;
    header.writeUInt32BE(this.#number, 3);
    header.writeUInt32BE(index, 7);
    header.writeUInt32BE(total, 11);
    this.#frames.send(CHUNK, Buffer.concat([header, octets]));
  }

  /** The first event, of those that came and those to come, that is the one. */
  heard(is) {
    const found = this.#events.find(is);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => (this.#waiting = { is, resolve }));
  }

  #chunk(rest) {
    const [number, index, total] = [3, 7, 11].map((place) => rest.readUInt32BE(place));
    const begun = index === 0 ? { pieces: [], total, flags: rest[0] } : this.#unfinished.get(number);
    if (begun?.pieces.length !== index || begun.total !== total || begun.flags !== rest[0]) {
      throw new Error(`chunk ${index} of message ${number} is out of order`);
    }
    begun.pieces.push(rest.subarray(15));
    this.#unfinished.set(number, begun);
    const whole = Buffer.concat(begun.pieces);
    if (whole.length < total) return;
    if (whole.length > total) throw new Error(`message ${number} is longer than it was said to be`);
    this.#unfinished.delete(number);
    this.#message(decode(begun.flags & DEFLATED ? inflateRawSync(whole, { maxOutputLength: MESSAGE_MAX }) : whole));
  }

  #message(message) {
    const asked = this.#replies.get(message.id);
    if (message.kind === "event") this.#event(message);
    else if (message.kind === "reply") asked?.resolve(message.body);
    else if (message.kind === "problem") asked?.reject(Object.assign(new Error(message.body.detail), { problem: message.body }));
  }

  #event(message) {
    if (this.#waiting?.is(message)) this.#waiting.resolve(message);
    else this.#events.push(message);
  }
}

function proof(label, parts) {
  return Buffer.concat([Buffer.from(label), Buffer.of(0), ...parts.map(sized)]);
}

/** Octets behind their number, 4 octets, big-endian. */
function sized(octets) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octets.length);
  return Buffer.concat([length, octets]);
}

function signed(text) {
  return sign("sha256", text, { key, dsaEncoding: "ieee-p1363" });
}

/** The principal of a leaf: the last part of its SPIFFE id. */
function principalOf(certificate) {
  return spiffeId(certificate)?.[2];
}

/** Trust domain, tenant and property of a leaf: the first parts of its SPIFFE id. */
function propertyOf(certificate) {
  return spiffeId(certificate)?.[1];
}

function spiffeId(certificate) {
  const names = (certificate.subjectAltName ?? "").split(", ").filter((name) => name.startsWith("URI:"));
  return names.length === 1 ? /^URI:spiffe:\/\/([^/]+\/[^/]+\/[^/]+)\/[^/]+\/([^/]+)$/.exec(names[0]) : undefined;
}

/** The one fingerprint of a description, as a Hello writes it. */
function fingerprintIn(sdp) {
  const found = new Set([...sdp.matchAll(/^a=fingerprint:(.+)$/gim)].map(([, said]) => said.trim().toLowerCase()));
  const [digest, pairs] = [...found][0]?.split(" ") ?? [];
  if (found.size !== 1 || digest !== "sha-256") throw new Error(`fingerprints in a description: ${[...found].join(", ")}`);
  return pairs.replaceAll(":", "");
}

/** RFC 9562 §5.7. */
function uuid() {
  const octets = randomBytes(16);
  octets.writeUIntBE(Date.now(), 0, 6);
  octets[6] = 0x70 | (octets[6] & 0x0f);
  octets[8] = 0x80 | (octets[8] & 0x3f);
  return octets.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function base64url(octets) {
  return Buffer.from(octets).toString("base64url");
}

function fromBase64url(text) {
  return Buffer.from(text, "base64url");
}

/** The box's last word, which is what was wanted by whoever does wrong. */
function closed(problem) {
  if (values.wrong === undefined) fail(new Error(`closed: ${JSON.stringify(problem)}`));
  console.log(JSON.stringify({ last_word: problem }));
  process.exit(0);
}

function fail(error) {
  console.error(String(error?.stack ?? error));
  process.exit(1);
}

setTimeout(() => fail(new Error(`not done within ${LIMIT_MS} ms`)), LIMIT_MS).unref();
main().catch(fail);
