import { deflateSync } from "fflate";
import { describe, expect, it } from "vitest";

import { Assembly, CHUNK, type Chunk, cut, MESSAGE_MAX, parseFrame, PING, numbered, UNFINISHED_MAX } from "../src/framing";
import { equal } from "../src/octets";

const PIECE = 16 * 1024 - 16;

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function chunkOf(frame: Uint8Array): Chunk {
  const parsed = parseFrame(frame);
  if (parsed.kind !== CHUNK) throw new Error("no chunk");
  return parsed;
}

function chunk(message: number, index: number, total: number, octets = noise(PIECE)): Chunk {
  return { kind: CHUNK, deflated: false, message, index, total, octets };
}

function whole(octets: Uint8Array): Uint8Array | null {
  const assembly = new Assembly();
  let last: Uint8Array | null = null;
  for (const frame of cut(7, octets)) last = assembly.take(chunkOf(frame));
  return last;
}

describe("frames", () => {
  it("bring a message out as it went in, deflated or not", () => {
    for (const octets of [noise(1), noise(50_000), new Uint8Array(200_000), noise(PIECE), noise(2 * PIECE)]) {
      expect(equal(whole(octets) ?? new Uint8Array(), octets)).toBe(true);
    }
  });

  it("are deflated only where that is worth it", () => {
    expect([...cut(1, noise(40_000))].map((frame) => frame[1])).toEqual([0, 0, 0]);
    expect([...cut(1, new Uint8Array(100_000))].map((frame) => frame[1])).toEqual([1]);
  });

  it("refuse a message that inflates beyond the bound", () => {
    const bomb = deflateSync(new Uint8Array(MESSAGE_MAX + 1));
    const assembly = new Assembly();
    const take = (): void => {
      for (let index = 0; index * PIECE < bomb.length; index += 1) {
        const octets = bomb.subarray(index * PIECE, (index + 1) * PIECE);
        assembly.take({ ...chunk(1, index, bomb.length, octets), deflated: true });
      }
    };
    expect(take).toThrow("beyond 8 MiB");
  });

  it("refuse a flood of beginnings", () => {
    const assembly = new Assembly();
    for (let message = 0; message < UNFINISHED_MAX; message += 1) assembly.take(chunk(message, 0, PIECE + 1));
    expect(() => assembly.take(chunk(99, 0, PIECE + 1))).toThrow("not finished");
  });

  it("refuse pieces out of order, of other lengths, or of nothing", () => {
    expect(() => new Assembly().take(chunk(1, 1, 2 * PIECE))).toThrow("out of order");
    expect(() => new Assembly().take(chunk(1, 0, 2 * PIECE, noise(10)))).toThrow("contradicts");
    expect(() => new Assembly().take(chunk(1, 0, 1))).toThrow("contradicts");
    expect(() => new Assembly().take(chunk(1, 0, MESSAGE_MAX + 1))).toThrow("larger than 8 MiB");
    const assembly = new Assembly();
    assembly.take(chunk(1, 0, 2 * PIECE));
    expect(() => assembly.take(chunk(1, 0, 2 * PIECE))).toThrow("out of order");
  });

  it("refuse whatever is none", () => {
    for (const frame of [[], [9], [CHUNK, 0], [PING, 1], [CHUNK, 2, ...Array<number>(20).fill(0)]]) {
      expect(() => parseFrame(Uint8Array.from(frame))).toThrow();
    }
    expect(parseFrame(numbered(PING, 77n))).toEqual({ kind: PING, number: 77n });
  });
});
