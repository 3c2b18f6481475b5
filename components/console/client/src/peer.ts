/** A page as a peer: finds others through signaling servers, connects, knows who they are. */

import { Backoff } from "./backoff";
import { Call, type CallEvents, type Description } from "./call";
import { Link, REQUEST_MS } from "./connection";
import type { Caller, Passport } from "./credential";
import { Events } from "./events";
import type { Position } from "./handshake";
import type { Envelope } from "./message";
import { uuid } from "./octets";
import { problem, type ProblemError, problemOf } from "./problem";
import { type Mode, type PeerDescription, Server, type ServerAddress, type ServerMessage } from "./signaling";
import { type Topology, topologyOf } from "./topology";
import type { Transport } from "./transport";

export interface Settings {
  passport: Passport;
  /** The property's CA, DER. */
  authorityCertificate: Uint8Array;
  /** The preferred first, unless `preferLocal` is false: then those in the cloud. */
  signalingServers: ServerAddress[];
  preferLocal?: boolean;
  name?: string;
  deviceType?: string;
  capabilities?: string[];
  iceServers?: RTCIceServer[];
  /** Hides the own address by using relays only. */
  relayOnly?: boolean;
}

export type PeerEvent = "signaling" | "peers" | "connection" | "closed" | "message" | "problem";

export interface Connection {
  readonly peer: string;
  readonly state: "connecting" | "open" | "closed";
  request<Q, A>(about: string, body: Q, options?: { timeoutMs?: number }): Promise<A>;
  send(about: string, body: unknown): Promise<void>;
  onEvent(about: string, listener: (body: unknown) => void): () => void;
  onRequest(about: string, handler: (body: unknown) => Promise<unknown>): () => void;
  topology(): Promise<Topology>;
  restartIce(): Promise<void>;
  close(): Promise<void>;
}

const CONNECT_MS = 12_000;
const PAUSE_MIN_MS = 200;
const PAUSE_MAX_MS = 5_000;

interface Waiter {
  resolve(): void;
  reject(error: ProblemError): void;
}

export class Peer {
  readonly #settings: Settings;
  readonly #servers: Server[];
  readonly #rosters: Map<string, PeerDescription>[];
  readonly #events = new Events<PeerEvent>();
  readonly #calls = new Map<string, Call>();
  readonly #servedBy = new Map<string, Server>();
  readonly #connections = new Map<string, Held>();
  readonly #waiters = new Map<string, Waiter[]>();
  readonly #unhook: (() => void)[] = [];
  #iceServers: RTCIceServer[];
  #mode: Mode = "none";
  #stopped = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#iceServers = settings.iceServers ?? [];
    const appearance = {
      name: settings.name ?? "",
      deviceType: settings.deviceType,
      capabilities: settings.capabilities ?? [],
    };
    const preferred = settings.preferLocal === false ? "cloud" : "local";
    const ordered = [...settings.signalingServers].sort(
      (one, other) => Number(one.mode !== preferred) - Number(other.mode !== preferred),
    );
    this.#rosters = ordered.map(() => new Map<string, PeerDescription>());
    this.#servers = ordered.map(
      (address, index) =>
        new Server(address, settings.passport, appearance, {
          up: (welcome) => this.#up(index, welcome.peers, welcome.ice_servers),
          down: () => this.#down(index),
          said: (message) => this.#said(index, message),
        }),
    );
  }

  get signalingMode(): Mode {
    return this.#mode;
  }

  /** Who is there, as the joined server says. */
  get peers(): ReadonlyMap<string, PeerDescription> {
    return new Map([...this.#rosters].reverse().flatMap((roster) => [...roster]));
  }

  start(): void {
    this.#choose();
    const hurry = (): void => {
      this.#servers.forEach((server) => server.hurry());
      this.#connections.forEach((held) => void held.restartIce());
    };
    const returned = (): void => {
      if (document.visibilityState === "visible") hurry();
    };
    if (typeof window !== "undefined") {
      window.addEventListener("online", hurry);
      document.addEventListener("visibilitychange", returned);
      this.#unhook.push(() => window.removeEventListener("online", hurry));
      this.#unhook.push(() => document.removeEventListener("visibilitychange", returned));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unhook.splice(0).forEach((unhook) => unhook());
    await Promise.all([...this.#connections.values()].map((held) => held.close()));
    this.#calls.forEach((call) => call.end());
    this.#calls.clear();
    this.#servers.forEach((server) => server.want(false));
    this.#setMode("none");
  }

  on(event: PeerEvent, listener: (told: unknown) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** The connection to a peer; made if there is none. */
  async connect(principal: string): Promise<Connection> {
    const held = this.#held(principal);
    if (held.state === "open") return held;
    const connected = new Promise<void>((resolve, reject) => {
      this.#waiters.set(principal, [...(this.#waiters.get(principal) ?? []), { resolve, reject }]);
    });
    this.#dial(principal);
    await this.#within(connected);
    return held;
  }

  /** The connection to the first peer with a capability; it comes back by itself until it is closed. */
  async connectTo(capability: string): Promise<Connection> {
    const principal = await this.#within(this.#find(capability));
    const connection = await this.connect(principal);
    this.#held(principal).keep(() => void this.#return(principal));
    return connection;
  }

  /** Tells everybody who is connected; says how many. */
  broadcast(about: string, body: unknown): number {
    const open = [...this.#connections.values()].filter((held) => held.state === "open");
    open.forEach((held) => void held.send(about, body).catch(() => undefined));
    return open.length;
  }

  async sendToPeer(principal: string, about: string, body: unknown): Promise<void> {
    const connection = await this.connect(principal);
    await connection.send(about, body);
  }

  #held(principal: string): Held {
    let held = this.#connections.get(principal);
    if (held === undefined) {
      held = new Held(principal);
      this.#connections.set(principal, held);
    }
    return held;
  }

  async #within<A>(doing: Promise<A>): Promise<A> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const tried = this.#servers.map((server) => `${server.address.url}: ${server.standing === "up" ? "joined" : server.why}`);
        const why = this.#mode === "none" ? `no signaling server is reached: ${tried.join("; ")}` : "no connection in time";
        reject(problem("unavailable", why));
      }, CONNECT_MS);
    });
    try {
      return await Promise.race([doing, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #find(capability: string): Promise<string> {
    const found = (): string | undefined =>
      [...this.peers.values()].find((peer) => peer.capabilities.includes(capability))?.id;
    return new Promise((resolve) => {
      const look = (): void => {
        const id = found();
        if (id !== undefined) {
          unhook();
          resolve(id);
        }
      };
      const unhook = this.on("peers", look);
      look();
    });
  }

  /** Makes a kept connection anew, until it is open or not wanted any more. */
  async #return(principal: string): Promise<void> {
    const pause = new Backoff(PAUSE_MIN_MS, PAUSE_MAX_MS);
    const held = this.#held(principal);
    while (!this.#stopped && held.kept && held.state !== "open") {
      await new Promise((resolve) => setTimeout(resolve, pause.wait()));
      await this.connect(principal).catch((error: unknown) => this.#events.tell("problem", problemOf(error)));
    }
  }

  #dial(them: string): void {
    const underWay = [...this.#calls.values()].some((call) => call.settings.them === them && !call.established);
    if (!underWay && this.#mode !== "none") void this.#call(uuid(), them, "offerer").offer();
  }

  #call(id: string, them: string, position: Position): Call {
    const events: CallEvents = {
      say: (message) => this.#say(id, them, message),
      established: (call, caller, transport) => this.#established(call, caller, transport),
      failed: (call, error) => this.#failed(call, error),
    };
    const settings = {
      id,
      them,
      position,
      passport: this.#settings.passport,
      ca: this.#settings.authorityCertificate,
      capabilities: this.#settings.capabilities ?? [],
      iceServers: this.#iceServers,
      relayOnly: this.#settings.relayOnly ?? false,
    };
    const call = new Call(settings, events);
    this.#calls.set(id, call);
    return call;
  }

  #say(id: string, them: string, message: Record<string, unknown>): void {
    const up = this.#servers.filter((server) => server.standing === "up");
    const last = this.#servedBy.get(id);
    const same = last !== undefined && up.includes(last) ? last : undefined;
    const there = up.find((server) => this.#rosters[this.#servers.indexOf(server)]?.has(them));
    (same ?? there ?? up[0])?.say(message);
  }

  #established(call: Call, caller: Caller, transport: Transport): void {
    const { id, them, passport } = call.settings;
    const held = this.#held(them);
    const link = new Link(id, passport.principal, caller, transport, {
      message: (_, envelope) => {
        this.#events.tell("message", { peerId: them, message: envelope });
        held.heard(link, envelope);
      },
      closed: (_, reason) => {
        call.end();
        this.#calls.delete(id);
        this.#servedBy.delete(id);
        if (held.lost(link)) {
          this.#events.tell("closed", { peer: them, reason });
        }
      },
    });
    held.open(link, call);
    link.start();
    this.#waiters.get(them)?.forEach((waiter) => waiter.resolve());
    this.#waiters.delete(them);
    this.#events.tell("connection", held);
  }

  #failed(call: Call, error: ProblemError): void {
    const { id, them } = call.settings;
    this.#calls.delete(id);
    this.#servedBy.delete(id);
    if (call.established) {
      this.#connections.get(them)?.fail(id);
      return;
    }
    const another = [...this.#calls.values()].some((other) => other.settings.them === them);
    if (another) return;
    this.#waiters.get(them)?.forEach((waiter) => waiter.reject(error));
    this.#waiters.delete(them);
  }

  #up(index: number, peers: PeerDescription[], iceServers: RTCIceServer[]): void {
    this.#rosters[index] = new Map(peers.map((peer) => [peer.id, peer]));
    this.#iceServers = [...(this.#settings.iceServers ?? []), ...iceServers];
    this.#choose();
    this.#events.tell("peers");
    this.#waiters.forEach((_, them) => this.#dial(them));
  }

  #down(index: number): void {
    this.#rosters[index]?.clear();
    this.#choose();
    this.#events.tell("peers");
  }

  /** Says which servers should be joined: the first that works, and those before it. */
  #choose(): void {
    let open = !this.#stopped;
    let mode: Mode = "none";
    for (const server of this.#servers) {
      server.want(open);
      if (server.standing === "up" && mode === "none") mode = server.address.mode;
      open &&= server.standing === "down";
    }
    this.#setMode(mode);
  }

  #setMode(mode: Mode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#events.tell("signaling", mode);
  }

  #said(index: number, message: ServerMessage): void {
    const roster = this.#rosters[index];
    switch (message.type) {
      case "peer-joined": {
        const peer = message.peer as PeerDescription;
        roster?.set(peer.id, peer);
        this.#events.tell("peers");
        break;
      }
      case "peer-left":
        roster?.delete(String(message.peer));
        this.#events.tell("peers");
        break;
      case "problem":
        this.#events.tell("problem", message.problem);
        break;
      default:
        this.#signal(index, message);
    }
  }

  #signal(index: number, message: ServerMessage): void {
    const id = String(message.connection);
    const from = String(message.from ?? message.to);
    const negotiation = Number(message.negotiation ?? 0);
    const description: Description = { connection: id, negotiation, sdp: text(message.sdp) };
    const server = this.#servers[index];
    let call = this.#calls.get(id);
    if (call === undefined && message.type === "offer" && this.#answers(from)) {
      call = this.#call(id, from, "answerer");
    }
    // A signal from somebody else than the peer of the call is nobody's.
    if (call?.settings.them !== from) return;
    if (server !== undefined) this.#servedBy.set(id, server);
    switch (message.type) {
      case "offer":
        void call.offered(description);
        break;
      case "answer":
        void call.answered(description);
        break;
      case "ice-candidate":
        void call.candidate(negotiation, (message.candidate ?? null));
        break;
      case "undeliverable":
        call.undeliverable(String(message.reason));
        break;
      default:
    }
  }

  /** Both called at once: the call of the larger name counts. */
  #answers(from: string): boolean {
    const me = this.#settings.passport.principal;
    const ours = [...this.#calls.values()].find(
      (call) => call.settings.them === from && call.settings.position === "offerer" && !call.established,
    );
    if (ours === undefined) return from !== me;
    if (me > from) return false;
    ours.end();
    this.#calls.delete(ours.settings.id);
    return true;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

type Listener = (body: unknown) => void;
type Handler = (body: unknown) => Promise<unknown>;

/** A connection as its users hold it: the same object through every reconnect. */
class Held implements Connection {
  readonly peer: string;
  kept = false;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #handlers = new Map<string, Handler>();
  #link: Link | null = null;
  #call: Call | null = null;
  #closed = false;
  #onLost: () => void = () => undefined;

  constructor(peer: string) {
    this.peer = peer;
  }

  get state(): "connecting" | "open" | "closed" {
    if (this.#link !== null && !this.#link.closed) return "open";
    return this.#closed ? "closed" : "connecting";
  }

  keep(onLost: () => void): void {
    this.kept = true;
    this.#onLost = onLost;
  }

  open(link: Link, call: Call): void {
    const earlier = this.#link;
    this.#link = link;
    this.#call = call;
    this.#closed = false;
    earlier?.close();
  }

  /** Whether the one that was lost was the present one. */
  lost(link: Link): boolean {
    if (this.#link !== link) return false;
    this.#link = null;
    this.#call = null;
    if (this.kept && !this.#closed) this.#onLost();
    return true;
  }

  fail(id: string): void {
    if (this.#link?.id === id) this.#link.close();
  }

  heard(link: Link, envelope: Envelope): void {
    if (envelope.kind === "event") {
      this.#listeners.get(envelope.type)?.forEach((listener) => listener(envelope.body));
      return;
    }
    const handler = this.#handlers.get(envelope.type);
    const answer = handler?.(envelope.body) ?? Promise.reject(problem("unavailable", "nobody answers that here", "type"));
    answer.then(
      (body) => link.reply(envelope, body),
      (error: unknown) => link.refuse(envelope, problemOf(error)),
    );
  }

  async request<Q, A>(about: string, body: Q, options?: { timeoutMs?: number }): Promise<A> {
    return (await this.#open().request(about, body, options?.timeoutMs ?? REQUEST_MS)) as A;
  }

  send(about: string, body: unknown): Promise<void> {
    this.#open().send(about, body);
    return Promise.resolve();
  }

  onEvent(about: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(about) ?? new Set();
    this.#listeners.set(about, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  onRequest(about: string, handler: Handler): () => void {
    this.#handlers.set(about, handler);
    return () => this.#handlers.delete(about);
  }

  async topology(): Promise<Topology> {
    const link = this.#open();
    const report = await this.#call?.connection.getStats();
    if (report === undefined) throw problem("unavailable", "the connection has ended");
    return topologyOf(report, link.latencyMs);
  }

  async restartIce(): Promise<void> {
    await this.#call?.restartIce();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.kept = false;
    this.#link?.close();
    return Promise.resolve();
  }

  #open(): Link {
    if (this.#link === null || this.#link.closed) {
      throw problem("unavailable", `${this.peer} is not connected at the moment`);
    }
    return this.#link;
  }
}
