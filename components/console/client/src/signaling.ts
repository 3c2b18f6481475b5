/**
 * One signaling server: joined by proof whenever it is wanted, joined again when it is lost.
 */

import { Backoff } from "./backoff";
import type { Passport } from "./credential";
import { toBase64url, utf8 } from "./octets";
import { LABEL, proof } from "./proof";
import { type PeerDescription, read, type Said } from "./said";
import type { ClientMessage } from "./wire/signaling-join";

export type Mode = "local" | "cloud" | "none";

export interface ServerAddress {
  url: string;
  mode: "local" | "cloud";
}

export interface Appearance {
  name: string;
  deviceType: string | undefined;
  capabilities: string[];
}

export interface ServerEvents {
  up(peers: PeerDescription[], iceServers: RTCIceServer[]): void;
  /** Lost, or not reached. */
  down(): void;
  said(message: Said): void;
}

export type Standing = "idle" | "trying" | "down" | "up";

/** How long it may take to be welcome. */
const ADMISSION_MS = 5_000;
const SILENT_PINGS = 3;
/** How long a server may be silent when the page or the network comes back. */
const PATIENCE_MS = 2_000;
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
  #silent = 0;
  #number = 0;
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

  /** The page or the network has come back: tries at once, or sees whether the server is still there. */
  hurry(): void {
    if (this.#wanted && this.#standing === "down") {
      clearTimeout(this.#timer);
      this.#connect();
    } else if (this.#standing === "up") {
      this.#ping();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        if (this.#silent > 0) this.#lose("the server fell silent");
      }, PATIENCE_MS);
    }
  }

  say(message: ClientMessage): boolean {
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
      if (mine()) this.#heard(read(event.data));
    };
    socket.onclose = ({ code }) => {
      if (!mine()) return;
      this.#lose("the server closed the connection, or is not there");
      // The same tablet has joined elsewhere: two of its tabs must not take turns.
      if (code === REPLACED) clearTimeout(this.#timer);
    };
  }

  #heard(said: Said | null): void {
    if (this.#standing !== "up") {
      this.#admission(said);
      return;
    }
    this.#silent = 0;
    // What cannot be read is ignored: it may be of a later version.
    if (said === null || said.type === "pong") return;
    if (said.type === "go-away") this.#lose("the server goes down", said.reconnectAfterMs);
    else this.#events.said(said);
  }

  #admission(said: Said | null): void {
    switch (said?.type) {
      case "challenge":
        this.#join(said.nonce).catch(() => this.#lose("the key cannot sign"));
        break;
      case "welcome":
        this.#welcome(said.heartbeatMs);
        this.#events.up(said.peers, said.iceServers);
        break;
      case "problem":
        this.#lose(`refused: ${said.problem.detail}`);
        break;
      case "go-away":
        this.#lose("the server goes down", said.reconnectAfterMs);
        break;
      default:
        this.#lose("the server speaks something else");
    }
  }

  async #join(nonce: Uint8Array): Promise<void> {
    const socket = this.#socket;
    const { property, principal, credential, key } = this.#passport;
    const signed = await key.sign(proof(LABEL.signalingJoin, [nonce, utf8(property)]));
    const shown = "token" in credential ? credential : { certificate: toBase64url(credential.certificate) };
    const join: ClientMessage = {
      type: "join",
      v: 1,
      property,
      peer: principal,
      credential: shown,
      proof: toBase64url(signed),
      name: this.#appearance.name,
      device_type: this.#appearance.deviceType ?? null,
      capabilities: this.#appearance.capabilities,
    };
    if (socket === this.#socket && socket?.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify(join));
    }
  }

  #welcome(heartbeatMs: number): void {
    clearTimeout(this.#timer);
    this.#pause.reset();
    this.#standing = "up";
    this.#silent = 0;
    this.#pings = setInterval(() => {
      if (this.#silent >= SILENT_PINGS) this.#lose("the server fell silent");
      else this.#ping();
    }, heartbeatMs);
  }

  #ping(): void {
    this.#silent += 1;
    this.#number += 1;
    this.say({ type: "ping", number: this.#number });
  }

  /** Ends the session; the next one begins after a pause of at least `awayMs`. */
  #lose(why: string, awayMs = 0): void {
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
    this.#timer = setTimeout(() => this.#connect(), awayMs + this.#pause.wait());
    this.#events.down();
  }
}
