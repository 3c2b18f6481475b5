/**
 * One signaling server: joined by proof whenever it is wanted, joined again when it is lost.
 */

import { Backoff } from "./backoff";
import type { Passport } from "./credential";
import { fromBase64, toBase64url, utf8 } from "./octets";
import { LABEL, proof } from "./proof";

export type Mode = "local" | "cloud" | "none";

export interface ServerAddress {
  url: string;
  mode: "local" | "cloud";
}

/** Who is here. */
export interface PeerDescription {
  id: string;
  standing: string;
  name: string;
  device_type?: string | null;
  capabilities: string[];
}

export type ServerMessage = { type: string } & Record<string, unknown>;

export interface Appearance {
  name: string;
  deviceType: string | undefined;
  capabilities: string[];
}

export interface ServerEvents {
  up(welcome: { peers: PeerDescription[]; ice_servers: RTCIceServer[] }): void;
  /** Lost, or not reached. */
  down(): void;
  said(message: ServerMessage): void;
}

export type Standing = "idle" | "trying" | "down" | "up";

const ADMISSION_MS = 5_000;
const SILENT_PINGS = 3;
/** Close code of a session that a newer one of the same peer has taken over. */
const REPLACED = 4001;
const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 5_000;

export class Server {
  readonly address: ServerAddress;
  /** Why it is not joined. */
  why = "not tried";
  #standing: Standing = "idle";
  #wanted = false;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  readonly #passport: Passport;
  readonly #appearance: Appearance;
  readonly #events: ServerEvents;
  readonly #pause = new Backoff(PAUSE_MIN_MS, PAUSE_MAX_MS);

  constructor(address: ServerAddress, passport: Passport, appearance: Appearance, events: ServerEvents) {
    this.address = address;
    this.#passport = passport;
    this.#appearance = appearance;
    this.#events = events;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Says whether the server should be joined. */
  want(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) {
      this.#connect();
    } else {
      this.#lose("not needed any more");
    }
  }

  /** Tries at once instead of after the pause: the network has come back. */
  hurry(): void {
    if (this.#wanted && this.#standing === "down") {
      clearTimeout(this.#timer);
      this.#connect();
    }
  }

  say(message: Record<string, unknown>): boolean {
    if (this.#standing !== "up" || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #connect(): void {
    if (this.#standing !== "down") this.#standing = "trying";
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.address.url);
    } catch (error) {
      this.#lose(error instanceof Error ? error.message : "cannot connect");
      return;
    }
    this.#socket = socket;
    const mine = (): boolean => this.#socket === socket;
    this.#timer = setTimeout(() => mine() && this.#lose("no admission in time"), ADMISSION_MS);
    socket.onmessage = (event) => {
      if (mine()) void this.#heard(event.data);
    };
    socket.onclose = ({ code }) => {
      if (!mine()) return;
      this.#lose("the server closed the connection, or is not there");
      // The same tablet has joined elsewhere: two of its tabs must not take turns.
      if (code === REPLACED) clearTimeout(this.#timer);
    };
  }

  async #heard(data: unknown): Promise<void> {
    let message: ServerMessage;
    try {
      message = JSON.parse(String(data)) as ServerMessage;
    } catch {
      this.#lose("the server speaks something else");
      return;
    }
    if (this.#standing === "up") {
      this.#silent = 0;
      if (message.type === "go-away") this.#lose("the server goes down");
      else if (message.type !== "pong") this.#events.said(message);
      return;
    }
    switch (message.type) {
      case "challenge":
        await this.#join(String(message.nonce));
        break;
      case "welcome":
        this.#welcome(message);
        break;
      case "problem":
        this.#lose(`refused: ${JSON.stringify(message.problem)}`);
        break;
      default:
        this.#lose("the server spoke out of turn");
    }
  }

  async #join(nonce: string): Promise<void> {
    const socket = this.#socket;
    const { property, principal, credential, key } = this.#passport;
    const signed = await key.sign(proof(LABEL.signalingJoin, [fromBase64(nonce), utf8(property)]));
    const shown = "token" in credential ? credential : { certificate: toBase64url(credential.certificate) };
    const join = {
      type: "join",
      v: 1,
      property,
      peer: principal,
      credential: shown,
      proof: toBase64url(signed),
      name: this.#appearance.name,
      device_type: this.#appearance.deviceType,
      capabilities: this.#appearance.capabilities,
    };
    if (socket === this.#socket && socket?.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify(join));
    }
  }

  #silent = 0;

  #welcome(message: ServerMessage): void {
    clearTimeout(this.#timer);
    this.#pause.reset();
    this.#standing = "up";
    this.#silent = 0;
    let number = 0;
    const every = Math.min(60_000, Math.max(500, Number(message.heartbeat_ms) || 5_000));
    this.#pings = setInterval(() => {
      if (this.#silent >= SILENT_PINGS) {
        this.#lose("the server fell silent");
        return;
      }
      this.#silent += 1;
      number += 1;
      this.say({ type: "ping", number });
    }, every);
    this.#events.up({
      peers: (message.peers ?? []) as PeerDescription[],
      ice_servers: (message.ice_servers ?? []) as RTCIceServer[],
    });
  }

  #lose(why: string): void {
    clearTimeout(this.#timer);
    clearInterval(this.#pings);
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      if (socket.readyState === WebSocket.OPEN && this.#standing === "up") {
        socket.send(JSON.stringify({ type: "leave" }));
      }
      socket.close();
    }
    this.why = why;
    if (!this.#wanted) {
      this.#standing = "idle";
      return;
    }
    this.#standing = "down";
    this.#timer = setTimeout(() => this.#connect(), this.#pause.wait());
    this.#events.down();
  }
}
