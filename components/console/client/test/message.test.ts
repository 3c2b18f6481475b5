import { describe, expect, it } from "vitest";

import { pack, readEnvelope, unpack } from "../src/message";
import { checkNesting, DEPTH_MAX } from "../src/nesting";
import { concat, utf8 } from "../src/octets";
import { type Problem, ProblemError } from "../src/problem";

const ENVELOPE = {
  v: 1,
  id: "01941f29-7c00-7000-8000-0123456789ab",
  kind: "event",
  group: "kitchen",
  type: "chat",
  from: "kitchen-1",
  timestamp: 1_735_689_600_000,
  body: { text: "hello", picture: Uint8Array.of(1, 2, 3), lines: [1, -1, 0.5, true, null] },
};
const NIL = Uint8Array.of(0xc0);
/** Heads of arrays and maps of one element, in every width; a map's is followed by its key. */
const OPENINGS = {
  "a short array": [0x91],
  "an array of 16 bits": [0xdc, 0, 1],
  "an array of 32 bits": [0xdd, 0, 0, 0, 1],
  "a short map": [0x81, 0xa1, 0x61],
  "a map of 16 bits": [0xde, 0, 1, 0xa1, 0x61],
  "a map of 32 bits": [0xdf, 0, 0, 0, 1, 0xa1, 0x61],
  "a key": [0x81],
};
/** Heads that promise as much as they can. */
const PROMISES = {
  "an array": [0xdd, 0xff, 0xff, 0xff, 0xff],
  "a map": [0xdf, 0xff, 0xff, 0xff, 0xff],
  "a text": [0xdb, 0xff, 0xff, 0xff, 0xff],
  octets: [0xc6, 0xff, 0xff, 0xff, 0xff],
  "a middling array": [0xdc, 0xff, 0xff],
  "a middling map": [0xde, 0xff, 0xff],
  "a middling text": [0xda, 0xff, 0xff],
  "middling octets": [0xc5, 0xff, 0xff],
  "a short text": [0xd9, 0xff],
  "short octets": [0xc4, 0xff],
};

/** With what it is refused; whatever else is thrown is a fault. */
function refusal(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error("it was taken");
}

/** That many arrays or maps, one in the other, and `inside` in the innermost. */
function nested(opening: number[], depth: number, inside = NIL): Uint8Array {
  return concat(...Array.from({ length: depth }, () => Uint8Array.from(opening)), inside);
}

/** That many maps, one in the other. */
function maps(depth: number, inside: unknown): unknown {
  return depth === 0 ? inside : { a: maps(depth - 1, inside) };
}

/** Numbers below `bound`, the same in every run. */
function dice(): (bound: number) => number {
  let state = 1;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe("a message", () => {
  it("comes out as it went in", () => {
    expect(readEnvelope(pack(ENVELOPE))).toEqual(ENVELOPE);
    expect(readEnvelope(pack({ ...ENVELOPE, body: undefined, data: "old" })).body).toBe("old");
  });

  it.each(Object.entries(OPENINGS))("is nested up to the bound and not beyond, in %s", (_, opening) => {
    const atBound = nested(opening, DEPTH_MAX - 1, opening === OPENINGS["a key"] ? new Uint8Array(DEPTH_MAX) : NIL);
    expect(() => checkNesting(atBound)).not.toThrow();
    for (const depth of [DEPTH_MAX, DEPTH_MAX + 1, 10_000]) {
      for (const read of [checkNesting, unpack, readEnvelope]) {
        const refused = refusal(() => read(nested(opening, depth)));
        expect([refused.code, refused.detail]).toEqual(["malformed", expect.stringContaining("nested too deeply")]);
      }
    }
  });

  it("is read at the bound, its envelope included", () => {
    // The envelope is the first level, what is innermost the last.
    const body = maps(DEPTH_MAX - 2, "innermost");
    expect(readEnvelope(pack({ ...ENVELOPE, body })).body).toEqual(body);
    const opening = Uint8Array.of(0x81, 0xa4, ...utf8("body"));
    expect(unpack(concat(opening, nested(OPENINGS["a short map"], DEPTH_MAX - 2)))).toEqual({ body: maps(DEPTH_MAX - 2, null) });
    expect(() => unpack(concat(opening, nested(OPENINGS["a short map"], DEPTH_MAX - 1)))).toThrow("nested too deeply");
  });

  it("goes beside many others at the same depth", () => {
    const body = Array.from({ length: 1_000 }, () => maps(DEPTH_MAX - 4, []));
    expect(readEnvelope(pack({ ...ENVELOPE, body })).body).toEqual(body);
  });

  it("is not written when the other side would not read it", () => {
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    // Also empty ones count as a level, and a date is none of our values.
    for (const value of [maps(DEPTH_MAX, 1), maps(DEPTH_MAX - 1, {}), maps(DEPTH_MAX - 1, []), circle, { at: new Date(0) }]) {
      expect(refusal(() => pack(value)).code).toBe("malformed");
    }
    expect(unpack(pack(maps(DEPTH_MAX - 1, 1)))).toEqual(maps(DEPTH_MAX - 1, 1));
    expect(unpack(pack(maps(DEPTH_MAX - 2, {})))).toEqual(maps(DEPTH_MAX - 2, {}));
  });

  it("has nothing behind it", () => {
    const whole = pack(ENVELOPE);
    for (const behind of [NIL, Uint8Array.of(0), Uint8Array.of(0xc1), whole]) {
      const refused = refusal(() => readEnvelope(concat(whole, behind)));
      expect([refused.code, refused.detail]).toEqual(["malformed", expect.stringContaining("something follows")]);
    }
  });

  it("is whole", () => {
    const whole = pack(ENVELOPE);
    for (let length = 0; length < whole.length; length += 1) {
      const refused = refusal(() => readEnvelope(whole.subarray(0, length)));
      expect([refused.code, refused.detail]).toEqual(["malformed", expect.stringContaining("ends early")]);
    }
  });

  it("is read where it lies in a larger buffer", () => {
    const whole = pack(ENVELOPE);
    const larger = concat(NIL, whole, NIL);
    expect(readEnvelope(larger.subarray(1, 1 + whole.length))).toEqual(ENVELOPE);
  });

  it.each(Object.entries(PROMISES))("that promises more than there is is refused at once: %s", (_, promise) => {
    const head = Uint8Array.from(promise);
    const member = concat(Uint8Array.of(0x81, 0xa1, 0x61), head);
    const key = concat(Uint8Array.of(0x81), head);
    const begun = performance.now();
    for (const octets of [head, member, key, concat(head, new Uint8Array(100)), concat(member, new Uint8Array(100))]) {
      const refused = refusal(() => unpack(octets));
      expect([refused.code, refused.detail]).toEqual(["malformed", expect.stringContaining("ends early")]);
    }
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it("has no values of other kinds", () => {
    const heads = [0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8];
    for (const head of heads) {
      const refused = refusal(() => unpack(Uint8Array.of(0x81, 0xa1, 0x61, head, 0xff, 0xff, 0xff, 0xff)));
      expect([refused.code, refused.detail]).toEqual(["malformed", expect.stringContaining("no place here")]);
    }
  });

  it("is a map of names", () => {
    for (const value of [null, true, 7, -1.5, "text", [], [ENVELOPE], Uint8Array.of(1)]) {
      const refused = refusal(() => readEnvelope(pack(value)));
      expect([refused.code, refused.detail]).toEqual(["malformed", "not a map"]);
    }
    const prototype = concat(Uint8Array.of(0x81, 0xa9), utf8("__proto__"), Uint8Array.of(0x81, 0xa1, 0x61, 1));
    const octetsAsName = Uint8Array.of(0x81, 0xc4, 1, 0, 1);
    const mapAsName = Uint8Array.of(0x81, 0x80, 1);
    for (const octets of [prototype, octetsAsName, mapAsName]) {
      expect(refusal(() => readEnvelope(octets)).code).toBe("malformed");
    }
    expect("a" in {}).toBe(false);
  });
});

describe("an envelope", () => {
  const octets = Uint8Array.of(0x61);
  const wrong: Record<string, unknown[]> = {
    v: [undefined, null, 0, 2, 1.5, "1", true, [1], octets],
    id: [undefined, null, 1, true, [], {}, octets],
    kind: [undefined, null, 1, true, [], ["event"], {}, octets, "", "Event", "response", "toString"],
    group: [1, false, [], {}, octets],
    type: [undefined, null, 1, true, [], {}, octets],
    from: [undefined, null, 1, true, [], {}, octets],
    timestamp: [undefined, null, "1", true, [], {}, octets],
  };

  it.each(Object.entries(wrong))("says that %s is wrong", (field, values) => {
    for (const value of values) {
      const refused = refusal(() => readEnvelope(pack({ ...ENVELOPE, [field]: value })));
      expect(refused).toMatchObject({ code: "malformed", status: 400, field });
    }
  });

  it("may be without a group", () => {
    for (const group of [undefined, null]) {
      expect(readEnvelope(pack({ ...ENVELOPE, group }))).toEqual({ ...ENVELOPE, group: null });
    }
  });

  it("may have further members", () => {
    const later = { zone: "bar", v2: { deep: [1, { more: octets }] }, constructor: 1, toString: "x", "": null };
    expect(readEnvelope(pack({ ...later, ...ENVELOPE }))).toEqual(ENVELOPE);
    expect(readEnvelope(pack({ ...ENVELOPE, ...later }))).toEqual(ENVELOPE);
  });
});

describe("octets of any kind", () => {
  const roll = dice();
  const noise = (): Uint8Array => Uint8Array.from({ length: roll(300) }, () => roll(256));
  const whole = pack(ENVELOPE);
  /** An envelope with some octets changed, left out or put in. */
  const spoilt = (): Uint8Array => {
    const some = [...whole];
    for (let change = 0; change <= roll(4); change += 1) some.splice(roll(some.length), roll(3), ...noise().subarray(0, roll(3)));
    return Uint8Array.from(some);
  };

  it.each([
    ["noise", noise],
    ["noise in a map", () => concat(Uint8Array.of(0x80 + roll(16)), noise())],
    ["an envelope that was spoilt", spoilt],
  ])("make nobody stumble, nor take long: %s", (_, make) => {
    const tries = Array.from({ length: 2_000 }, make);
    const begun = performance.now();
    for (const octets of tries) {
      for (const read of [unpack, readEnvelope]) {
        try {
          read(octets);
        } catch (error) {
          if (!(error instanceof ProblemError) || error.problem.code !== "malformed") {
            throw new Error(`stumbled over ${Buffer.from(octets).toString("hex")}`, { cause: error });
          }
        }
      }
    }
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
