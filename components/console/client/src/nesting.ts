/**
 * Looks through MessagePack before it is decoded: whole, nothing behind it, not nested deeply, and
 * no array or map that promises more than there is, for which a decoder would already make room.
 */

import { problem } from "./problem";

/** Deepest nesting, the innermost value included; what the Rust side reads. */
export const DEPTH_MAX = 16;

type Width = 1 | 2 | 4;

/** Values of fixed length: nothing, truth, numbers. */
const FIXED = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);
/** Octets and texts, by the width of their length. */
const LONG = new Map<number, Width>([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
]);
/** Arrays and maps, by the width of their count. */
const ARRAYS = new Map<number, Width>([
  [0xdc, 2],
  [0xdd, 4],
]);
const MAPS = new Map<number, Width>([
  [0xde, 2],
  [0xdf, 4],
]);

/** Throws a problem unless `octets` may be decoded. */
export function checkNesting(octets: Uint8Array): void {
  new Walk(octets).all();
}

class Walk {
  readonly #view: DataView;
  /** How many values each array or map that is open still has to come. */
  readonly #open: number[] = [];
  #place = 0;

  constructor(octets: Uint8Array) {
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  all(): void {
    do {
      this.#value();
      while (this.#open.at(-1) === 0) {
        this.#open.pop();
        this.#complete();
      }
    } while (this.#open.length > 0);
    if (this.#place !== this.#view.byteLength) throw malformed("something follows the message");
  }

  #value(): void {
    const head = this.#number(1);
    const inside = this.#inside(head);
    if (inside === null) {
      this.#take(this.#length(head));
      this.#complete();
      return;
    }
    if (this.#open.length + 1 >= DEPTH_MAX) throw malformed("nested too deeply");
    if (inside > this.#view.byteLength - this.#place) throw malformed("ends early");
    this.#open.push(inside);
  }

  /** How many values are inside; null for what has no inside. */
  #inside(head: number): number | null {
    if (head >= 0x80 && head < 0x90) return 2 * (head & 0x0f);
    if (head >= 0x90 && head < 0xa0) return head & 0x0f;
    const [array, map] = [ARRAYS.get(head), MAPS.get(head)];
    if (array !== undefined) return this.#number(array);
    return map === undefined ? null : 2 * this.#number(map);
  }

  /** How many octets follow the head of a value that has no inside. */
  #length(head: number): number {
    if (head < 0x80 || head >= 0xe0) return 0;
    if (head >= 0xa0 && head < 0xc0) return head & 0x1f;
    const long = LONG.get(head);
    const length = long === undefined ? FIXED.get(head) : this.#number(long);
    if (length === undefined) throw malformed("a kind of value that has no place here");
    return length;
  }

  #complete(): void {
    const last = this.#open.length - 1;
    const left = this.#open[last];
    if (left !== undefined) this.#open[last] = left - 1;
  }

  #number(width: Width): number {
    const place = this.#take(width);
    if (width === 1) return this.#view.getUint8(place);
    return width === 2 ? this.#view.getUint16(place) : this.#view.getUint32(place);
  }

  #take(length: number): number {
    const place = this.#place;
    if (length > this.#view.byteLength - place) throw malformed("ends early");
    this.#place = place + length;
    return place;
  }
}

function malformed(detail: string): Error {
  return problem("malformed", `not MessagePack of ours: ${detail}`);
}
