import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Caller, type Passport, verifyCredential } from "../src/credential";
import { CLOSE, frameOf, HELLO, numbered, PING, PROOF } from "../src/framing";
import { Handshake, type Terms } from "../src/handshake";
import { pack, unpack } from "../src/message";
import { ProblemError } from "../src/problem";
import { fingerprint } from "../src/sdp";
import { Hotel } from "./specimen";

const CONNECTION = "01941f29-7c00-7000-8000-0123456789ab";
const [ONE, TWO, NINE] = ["11", "22", "99"].map((pair) => pair.repeat(32)) as [string, string, string];

let hotel: Hotel;
let twin: Hotel;
let foreign: Hotel;
let tablet: Passport;
let box: Passport;

beforeAll(async () => {
  hotel = new Hotel("seaside");
  twin = new Hotel("seaside");
  foreign = new Hotel("hilltop");
  tablet = await hotel.person("kitchen-1", "kitchen");
  box = hotel.component("device-proxy");
});

afterAll(() => {
  hotel.close();
  twin.close();
  foreign.close();
});

function calls(change: Partial<Terms> = {}, passport = tablet): Handshake {
  const fingerprints = { local: ONE, remote: TWO };
  const terms: Terms = { position: "offerer", connection: CONNECTION, them: "device-proxy", capabilities: [], fingerprints };
  return new Handshake({ ...terms, ...change }, passport, hotel.ca);
}

function answers(change: Partial<Terms> = {}, passport = box): Handshake {
  const fingerprints = { local: TWO, remote: ONE };
  const terms: Terms = { position: "answerer", connection: CONNECTION, them: "kitchen-1", capabilities: [], fingerprints };
  return new Handshake({ ...terms, ...change }, passport, hotel.ca);
}

async function sent(side: Handshake, frame: Uint8Array): Promise<Uint8Array> {
  const step = await side.handle(frame, Date.now());
  if (!("send" in step)) throw new Error("established too early");
  return step.send;
}

async function refused(side: Handshake, frame: Uint8Array, reason: string): Promise<void> {
  await expect(side.handle(frame, Date.now())).rejects.toThrow(reason);
}

describe("the handshake", () => {
  it("makes both sides known to each other", async () => {
    const [one, other] = [calls(), answers()];
    const [proofOfOne, proofOfOther] = [await sent(one, other.begin()), await sent(other, one.begin())];
    const established = async (side: Handshake, frame: Uint8Array): Promise<Caller> => {
      const step = await side.handle(frame, Date.now());
      if (!("established" in step)) throw new Error("not established");
      return step.established;
    };
    expect((await established(one, proofOfOther)).standing).toBe("component");
    expect((await established(other, proofOfOne)).standing).toBe("kitchen");
  });

  it("fails for whoever sits in the middle with other certificates", async () => {
    const middle = answers({ fingerprints: { local: TWO, remote: NINE } });
    await refused(calls({ fingerprints: { local: ONE, remote: NINE } }), middle.begin(), "fingerprint of the hello");
  });

  it("fails at the proofs when hellos are rewritten on the way", async () => {
    const [one, other] = [calls({ fingerprints: { local: ONE, remote: NINE } }), answers()];
    const rewritten = { ...unpack(other.begin().subarray(1)), fingerprint: NINE };
    await sent(one, frameOf(HELLO, pack(rewritten)));
    await refused(one, await sent(other, one.begin()), "proof is wrong");
  });

  it("refuses a hello to or from somebody else, and its own", async () => {
    await refused(calls(), answers({ them: "pos-1" }).begin(), "to of the hello");
    await refused(calls({ them: "console" }), answers().begin(), "from of the hello");
    const one = calls();
    await refused(one, one.begin(), "to of the hello");
  });

  it("refuses a replay", async () => {
    const [one, other] = [calls(), answers()];
    const hello = other.begin();
    const proofThen = await sent(other, one.begin());
    const again = calls();
    await sent(again, hello);
    await refused(again, proofThen, "proof is wrong");
    const elsewhere = answers({ connection: "01941f29-7c00-7000-8000-0123456789ff" });
    await refused(calls(), elsewhere.begin(), "connection of the hello");
  });

  it("refuses the words of a caller when they are said again", async () => {
    const [one, other] = [calls(), answers()];
    const hello = one.begin();
    const proof = await sent(one, other.begin());
    await sent(other, hello);
    expect(await other.handle(proof, Date.now())).toHaveProperty("established");
    const again = answers();
    await sent(again, hello);
    await refused(again, proof, "proof is wrong");
    const elsewhere = answers({ connection: "01941f29-7c00-7000-8000-0123456789ff" });
    await refused(elsewhere, hello, "connection of the hello");
  });

  it("does not connect guests to guests", async () => {
    const [guest, neighbour] = [await hotel.person("guest-1", "guest"), await hotel.person("guest-2", "guest")];
    const one = calls({ them: "guest-2" }, guest);
    const other = answers({ them: "guest-1" }, neighbour);
    const hello = one.begin();
    await refused(one, other.begin(), "guests are not connected to guests");
    await refused(other, hello, "guests are not connected to guests");
    const staff = answers({ them: "guest-1" });
    await sent(calls({}, guest), staff.begin());
  });

  it("refuses its own proof reflected", async () => {
    const [one, other] = [calls(), answers()];
    await refused(one, await sent(one, other.begin()), "proof is wrong");
  });

  it("refuses another property, even of the same name", async () => {
    await refused(calls(), answers({}, twin.component("device-proxy")).begin(), "not of this property");
  });

  it("refuses a foreign property, whatever it says it is, and is refused there", async () => {
    const [theirBox, theirTablet] = [foreign.component("device-proxy"), await foreign.person("kitchen-1", "kitchen")];
    await refused(calls(), answers({}, theirBox).begin(), "property of the hello");
    await refused(answers(), calls({}, theirTablet).begin(), "property of the hello");
    await refused(calls(), answers({}, { ...theirBox, property: "seaside" }).begin(), "not of this property");
    await refused(answers(), calls({}, { ...theirTablet, property: "seaside" }).begin(), "not of this property");
    const fingerprints = { local: TWO, remote: ONE };
    const terms: Terms = { position: "answerer", connection: CONNECTION, them: "kitchen-1", capabilities: [], fingerprints };
    const there = (): Handshake => new Handshake(terms, theirBox, foreign.ca);
    await refused(there(), calls().begin(), "property of the hello");
    await refused(there(), calls({}, { ...tablet, property: "hilltop" }).begin(), "not of this property");
    // At home they are believed.
    await sent(there(), calls({}, theirTablet).begin());
  });

  it("refuses an expired token and somebody else's credential", async () => {
    const late = await hotel.person("kitchen-1", "kitchen", -1);
    await refused(answers(), calls({}, late).begin(), "expired");
    const manager = await hotel.person("manager-1", "manager");
    const stolen = { ...unpack(calls().begin().subarray(1)), credential: manager.credential };
    await refused(answers(), frameOf(HELLO, pack(stolen)), "somebody else's");
  });

  it("takes nothing else before both proofs", async () => {
    for (const frame of [numbered(PING, 1n), frameOf(PROOF, pack({}))]) await refused(calls(), frame, "out of turn");
    const told = { code: "forbidden", title: "not allowed", status: 403, detail: "go away" };
    await refused(calls(), frameOf(CLOSE, pack(told)), "go away");
    await refused(calls(), frameOf(HELLO, Uint8Array.of(0xc1)), "MessagePack");
  });
});

describe("credentials", () => {
  it("are not believed when others than the authority sign", async () => {
    const console = hotel.leaf("component", "console");
    const token = await hotel.token({ typ: "hotel-pop+jwt", alg: "ES256" }, {}, console);
    expect(() => verifyCredential({ token }, hotel.ca, Date.now())).toThrow("authority");
  });

  it("are not believed under other headers", async () => {
    for (const header of [{ typ: "hotel-bearer+jwt", alg: "ES256" }, { typ: "hotel-pop+jwt", alg: "none" }]) {
      const token = await hotel.token(header, {});
      expect(() => verifyCredential({ token }, hotel.ca, Date.now())).toThrow("header");
    }
  });

  it("are not believed when their claims are not whole, or go too far", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const [x, y] = ["AA".repeat(16), "AA".repeat(16)];
    const cnf = { jwk: { kty: "EC", crv: "P-256", x, y } };
    const whole = { tenant: "acme", property: "seaside", sub: "kitchen-1", role: "kitchen", iat: now, exp: now + 60, cnf };
    const check = async (claims: unknown, reason: string): Promise<void> => {
      const token = await hotel.token({ typ: "hotel-pop+jwt", alg: "ES256" }, claims);
      expect(() => verifyCredential({ token }, hotel.ca, Date.now())).toThrow(reason);
    };
    for (const lacking of ["sub", "role", "iat", "exp"]) await check({ ...whole, [lacking]: undefined }, "whose");
    await check({ ...whole, exp: "never" }, "until when");
    await check({ ...whole, exp: now + 31 * 24 * 60 * 60 }, "longer than any");
    await check({ ...whole, iat: now + 3_600, exp: now + 7_200 }, "not valid yet");
    await check({ ...whole, property: "hillside" }, "another property");
    await check({ ...whole, cnf: undefined }, "no key");
    await check(null, "cannot be read");
  });

  it("are malformed when they are no tokens at all", () => {
    for (const token of ["", "a.b", "a.b.c", "a.b.c.d", "!.!.!", "bnVsbA.e30.AA", "e30.e30.AA", "x".repeat(9_000)]) {
      expect(() => verifyCredential({ token }, hotel.ca, Date.now())).toThrow(ProblemError);
    }
    for (const certificate of [new Uint8Array(), new Uint8Array(5_000), Uint8Array.of(0x30, 0x84, 0xff)]) {
      expect(() => verifyCredential({ certificate }, hotel.ca, Date.now())).toThrow(ProblemError);
    }
  });

  it("are not believed with any octet changed", () => {
    const { credential } = box;
    if (!("certificate" in credential)) throw new Error("no certificate");
    for (let place = 0; place < credential.certificate.length; place += 7) {
      const forged = credential.certificate.slice();
      forged[place] = (forged[place] ?? 0) ^ 1;
      expect(() => verifyCredential({ certificate: forged }, hotel.ca, Date.now())).toThrow();
    }
  });
});

describe("a session description", () => {
  it("fixes exactly one certificate", () => {
    const line = (pair: string): string => `a=fingerprint:sha-256 ${Array(32).fill(pair).join(":")}\r\n`;
    expect(fingerprint(`v=0\r\n${line("AB")}m=application\r\n${line("AB")}`)).toBe("ab".repeat(32));
    for (const sdp of ["v=0\r\n", line("AB") + line("AC"), line("AB").replace("256", "1")]) {
      expect(() => fingerprint(sdp)).toThrow();
    }
  });
});
