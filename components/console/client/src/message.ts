/** Messages: MessagePack of an envelope with named maps and binary octets. */

import { decode, encode } from "@msgpack/msgpack";

import { checkNesting, DEPTH_MAX } from "./nesting";
import { problem } from "./problem";

export type Kind = "event" | "request" | "reply" | "problem";

export interface Envelope {
  v: number;
  id: string;
  kind: Kind;
  group?: string | null;
  type: string;
  from: string;
  timestamp: number;
  body: unknown;
}

const KINDS: readonly string[] = ["event", "request", "reply", "problem"];
const VERSION = 1;

export function pack(value: unknown): Uint8Array {
  let octets: Uint8Array;
  try {
    octets = encode(value, { ignoreUndefined: true, maxDepth: DEPTH_MAX });
  } catch (error) {
    throw problem("malformed", error instanceof Error ? error.message : "cannot be written as MessagePack");
  }
  // What the other side refuses would end the connection.
  checkNesting(octets);
  return octets;
}

export function unpack(octets: Uint8Array): Record<string, unknown> {
  checkNesting(octets);
  let value: unknown;
  try {
    value = decode(octets);
  } catch {
    throw problem("malformed", "not MessagePack");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw problem("malformed", "not a map");
  }
  return value as Record<string, unknown>;
}

export function readEnvelope(octets: Uint8Array): Envelope {
  const { v, id, kind, group = null, type, from, timestamp, body, data } = unpack(octets);
  if (v !== VERSION) throw problem("malformed", "version is not 1", "v");
  if (typeof id !== "string") throw problem("malformed", "not a text", "id");
  if (typeof kind !== "string" || !KINDS.includes(kind)) throw problem("malformed", "not a kind of message", "kind");
  if (group !== null && typeof group !== "string") throw problem("malformed", "not a text", "group");
  if (typeof type !== "string") throw problem("malformed", "not a text", "type");
  if (typeof from !== "string") throw problem("malformed", "not a text", "from");
  if (typeof timestamp !== "number") throw problem("malformed", "not a number", "timestamp");
  return { v, id, kind: kind as Kind, group, type, from, timestamp, body: body ?? data };
}
