/**
 * What a signaling server says, read strictly: whoever it is, it makes nobody stumble, and nothing
 * is kept beyond its bounds.
 */

import { fromBase64 } from "./octets";
import { isProblem, type Problem } from "./problem";

/** Who is here. */
export interface PeerDescription {
  id: string;
  standing: string;
  name: string;
  device_type?: string | null;
  capabilities: string[];
}

interface Signal {
  from: string;
  connection: string;
  negotiation: number;
}

export type DescriptionSaid = Signal & { type: "offer" | "answer"; sdp: string };
export type CandidateSaid = Signal & { type: "ice-candidate"; candidate: RTCIceCandidateInit | null };

export type Said =
  | { type: "challenge"; nonce: Uint8Array }
  | { type: "welcome"; peers: PeerDescription[]; iceServers: RTCIceServer[]; heartbeatMs: number }
  | { type: "peer-joined"; peer: PeerDescription }
  | { type: "peer-left"; peer: string }
  | DescriptionSaid
  | CandidateSaid
  | { type: "undeliverable"; to: string; connection: string; reason: string }
  | { type: "problem"; problem: Problem }
  | { type: "go-away"; reconnectAfterMs: number }
  | { type: "pong" };

/** Longest message of a server, in characters: a welcome that names everybody of a large hotel. */
const SAID_MAX = 1024 * 1024;
/** Most peers of a welcome; the rest cannot be called. */
export const PEERS_MAX = 4_096;
const CAPABILITIES_MAX = 32;
const ICE_SERVERS_MAX = 16;
const SDP_MAX = 8 * 1024;
const CANDIDATE_MAX = 512;
const NONCE_LENGTH = 32;
const HEARTBEAT_MS = { least: 500, usual: 5_000, most: 60_000 };
/** Longest that a server may keep its clients away. */
const AWAY_MAX_MS = 60_000;

type Members = Record<string, unknown>;

/** What is said; null for what cannot be read, and for words of later versions. */
export function read(text: unknown): Said | null {
  if (typeof text !== "string" || text.length > SAID_MAX) return null;
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  return isObject(said) ? ofMembers(said) : null;
}

function ofMembers(said: Members): Said | null {
  switch (said.type) {
    case "challenge":
      return challenge(said.nonce);
    case "welcome":
      return welcome(said);
    case "peer-joined": {
      const peer = description(said.peer);
      return peer === null ? null : { type: "peer-joined", peer };
    }
    case "peer-left":
      return typeof said.peer === "string" ? { type: "peer-left", peer: said.peer } : null;
    case "offer":
    case "answer":
      return sdp(said.type, said);
    case "ice-candidate":
      return candidate(said);
    case "undeliverable": {
      const { to, connection, reason } = said;
      const whole = typeof to === "string" && typeof connection === "string" && typeof reason === "string";
      return whole ? { type: "undeliverable", to, connection, reason } : null;
    }
    case "problem":
      return isProblem(said.problem) ? { type: "problem", problem: said.problem } : null;
    case "go-away":
      return { type: "go-away", reconnectAfterMs: within(said.reconnect_after_ms, 0, 0, AWAY_MAX_MS) };
    case "pong":
      return { type: "pong" };
    default:
      return null;
  }
}

function challenge(text: unknown): Said | null {
  try {
    const nonce = fromBase64(String(text));
    return nonce.length === NONCE_LENGTH ? { type: "challenge", nonce } : null;
  } catch {
    return null;
  }
}

function welcome(said: Members): Said {
  const { least, usual, most } = HEARTBEAT_MS;
  return {
    type: "welcome",
    peers: list(said.peers, PEERS_MAX, description),
    iceServers: list(said.ice_servers, ICE_SERVERS_MAX, iceServer),
    heartbeatMs: within(said.heartbeat_ms, usual, least, most),
  };
}

function description(value: unknown): PeerDescription | null {
  if (!isObject(value)) return null;
  const { id, standing, name, device_type: deviceType, capabilities } = value;
  if (typeof id !== "string" || typeof standing !== "string") return null;
  return {
    id,
    standing,
    name: typeof name === "string" ? name : "",
    device_type: typeof deviceType === "string" ? deviceType : null,
    capabilities: list(capabilities, CAPABILITIES_MAX, word),
  };
}

/** One that a browser takes; a wrong address would make every call fail. */
function iceServer(value: unknown): RTCIceServer | null {
  if (!isObject(value)) return null;
  const urls = list(value.urls, ICE_SERVERS_MAX, word);
  if (urls.length === 0 || !urls.every((url) => /^(stuns?|turns?):[^\s/]+$/.test(url))) return null;
  const { username, credential } = value;
  if (typeof username === "string" && typeof credential === "string") return { urls, username, credential };
  return urls.some((url) => url.startsWith("turn")) ? null : { urls };
}

function sdp(type: "offer" | "answer", said: Members): Said | null {
  const about = signal(said);
  if (about === null || typeof said.sdp !== "string" || said.sdp.length > SDP_MAX) return null;
  return { ...about, type, sdp: said.sdp };
}

function candidate(said: Members): Said | null {
  const about = signal(said);
  if (about === null) return null;
  const init = said.candidate ?? null;
  if (init === null) return { ...about, type: "ice-candidate", candidate: null };
  if (!isObject(init) || typeof init.candidate !== "string" || init.candidate.length > CANDIDATE_MAX) return null;
  const { sdpMid, sdpMLineIndex, usernameFragment } = init;
  return {
    ...about,
    type: "ice-candidate",
    candidate: {
      candidate: init.candidate,
      sdpMid: typeof sdpMid === "string" ? sdpMid : null,
      sdpMLineIndex: typeof sdpMLineIndex === "number" ? sdpMLineIndex : null,
      usernameFragment: typeof usernameFragment === "string" ? usernameFragment : null,
    },
  };
}

function signal({ from, connection, negotiation = 0 }: Members): Signal | null {
  const whole = typeof from === "string" && typeof connection === "string" && typeof negotiation === "number";
  return whole ? { from, connection, negotiation } : null;
}

/** Those that can be read, the first `most`. */
function list<A>(value: unknown, most: number, readOne: (one: unknown) => A | null): A[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, most).flatMap((one: unknown) => {
    const found = readOne(one);
    return found === null ? [] : [found];
  });
}

function word(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function within(value: unknown, usual: number, least: number, most: number): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : usual;
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
