/**
 * Frames of a data channel, and messages cut into them. The same rules as the Rust side: one broken
 * frame ends the connection, nothing that arrives is kept beyond its bounds.
 */

import { Inflate, deflateSync } from "fflate";

import { concat } from "./octets";
import { problem } from "./problem";

export const HELLO = 1;
export const PROOF = 2;
export const CHUNK = 3;
export const PING = 4;
export const PONG = 5;
export const CLOSE = 6;

export const FRAME_MAX = 16 * 1024;
export const MESSAGE_MAX = 8 * 1024 * 1024;
const CHUNK_HEADER = 16;
const PIECE = FRAME_MAX - CHUNK_HEADER;
const DEFLATED = 1;
const DEFLATE_ABOVE = 2 * 1024;
export const UNFINISHED_MAX = 16;
const UNFINISHED_BYTES_MAX = 2 * MESSAGE_MAX;

export interface Chunk {
  kind: typeof CHUNK;
  deflated: boolean;
  message: number;
  index: number;
  total: number;
  octets: Uint8Array;
}

export type Frame =
  | { kind: typeof HELLO | typeof PROOF | typeof CLOSE; octets: Uint8Array }
  | { kind: typeof PING | typeof PONG; number: bigint }
  | Chunk;

export function parseFrame(frame: Uint8Array): Frame {
  const [kind] = frame;
  const rest = frame.subarray(1);
  if (frame.length > FRAME_MAX) {
    throw broken("frame is too long");
  }
  switch (kind) {
    case HELLO:
    case PROOF:
    case CLOSE:
      return { kind, octets: rest };
    case PING:
    case PONG:
      if (rest.length !== 8) throw broken("frame is too short");
      return { kind, number: view(rest).getBigUint64(0) };
    case CHUNK:
      return parseChunk(frame);
    default:
      throw broken(`frame of unknown kind ${String(kind)}`);
  }
}

function parseChunk(frame: Uint8Array): Chunk {
  const flags = frame[1];
  if (frame.length <= CHUNK_HEADER || flags === undefined || (flags & ~DEFLATED) !== 0) {
    throw broken("chunk contradicts itself");
  }
  const header = view(frame);
  return {
    kind: CHUNK,
    deflated: (flags & DEFLATED) !== 0,
    message: header.getUint32(4),
    index: header.getUint32(8),
    total: header.getUint32(12),
    octets: frame.subarray(CHUNK_HEADER),
  };
}

export function frameOf(kind: number, octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(Uint8Array.of(kind), octets);
}

export function numbered(kind: typeof PING | typeof PONG, number: bigint): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(9);
  frame[0] = kind;
  view(frame).setBigUint64(1, number);
  return frame;
}

/** The frames of a message; deflated when that is worth it. */
export function* cut(message: number, octets: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  if (octets.length === 0 || octets.length > MESSAGE_MAX) {
    throw problem("too-large", "message is empty or larger than 8 MiB");
  }
  const deflated = deflateIfWorth(octets);
  const whole = deflated ?? octets;
  for (let index = 0; index * PIECE < whole.length; index += 1) {
    const piece = whole.subarray(index * PIECE, (index + 1) * PIECE);
    const frame = new Uint8Array(CHUNK_HEADER + piece.length);
    const header = view(frame);
    frame[0] = CHUNK;
    frame[1] = deflated === null ? 0 : DEFLATED;
    header.setUint32(4, message);
    header.setUint32(8, index);
    header.setUint32(12, whole.length);
    frame.set(piece, CHUNK_HEADER);
    yield frame;
  }
}

function deflateIfWorth(octets: Uint8Array): Uint8Array | null {
  if (octets.length <= DEFLATE_ABOVE) {
    return null;
  }
  const first = octets.subarray(0, PIECE);
  if (deflateSync(first).length * 10 > first.length * 9) {
    return null;
  }
  const deflated = deflateSync(octets);
  return deflated.length < octets.length ? deflated : null;
}

/** Inflates with a bound that holds while it inflates. */
export function inflate(octets: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const state = { finished: false };
  const inflating = new Inflate((piece, final) => {
    length += piece.length;
    if (length > MESSAGE_MAX) {
      throw broken("message inflates beyond 8 MiB");
    }
    pieces.push(piece);
    state.finished = final;
  });
  try {
    for (let place = 0; place < octets.length; place += PIECE) {
      inflating.push(octets.subarray(place, place + PIECE), place + PIECE >= octets.length);
    }
  } catch (error) {
    throw error instanceof Error && error.name === "ProblemError" ? error : broken("message cannot be inflated");
  }
  if (!state.finished) {
    throw broken("message cannot be inflated");
  }
  return concat(...pieces);
}

interface Unfinished {
  deflated: boolean;
  total: number;
  next: number;
  had: number;
  pieces: Uint8Array[];
}

/** Messages on their way in. */
export class Assembly {
  readonly #unfinished = new Map<number, Unfinished>();

  /** Takes a piece; the message when it is its last. */
  take(chunk: Chunk): Uint8Array | null {
    if (chunk.index === 0) {
      this.#begin(chunk);
    }
    const unfinished = this.#unfinished.get(chunk.message);
    if (
      unfinished?.next !== chunk.index ||
      unfinished.deflated !== chunk.deflated ||
      unfinished.total !== chunk.total
    ) {
      throw broken("chunk is out of order");
    }
    unfinished.next += 1;
    unfinished.had += chunk.octets.length;
    unfinished.pieces.push(chunk.octets.slice());
    if (unfinished.had > chunk.total || (unfinished.had < chunk.total && chunk.octets.length !== PIECE)) {
      throw broken("chunk contradicts itself");
    }
    if (unfinished.had < chunk.total) {
      return null;
    }
    this.#unfinished.delete(chunk.message);
    const whole = concat(...unfinished.pieces);
    return unfinished.deflated ? inflate(whole) : whole;
  }

  #begin(chunk: Chunk): void {
    if (chunk.total === 0 || chunk.total > MESSAGE_MAX) {
      throw broken("message is empty or larger than 8 MiB");
    }
    if (this.#unfinished.has(chunk.message)) {
      throw broken("chunk is out of order");
    }
    const held = [...this.#unfinished.values()].reduce((sum, message) => sum + message.total, 0);
    if (this.#unfinished.size >= UNFINISHED_MAX || held + chunk.total > UNFINISHED_BYTES_MAX) {
      throw broken("too much is begun and not finished");
    }
    const { deflated, total } = chunk;
    this.#unfinished.set(chunk.message, { deflated, total, next: 0, had: 0, pieces: [] });
  }
}

function view(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

function broken(detail: string): Error {
  return problem("malformed", detail);
}
