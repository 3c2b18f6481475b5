/** A page as a peer: finds others through signaling servers, connects, knows who they are. */

import { Backoff } from "./backoff";
import { Call, type CallEvents } from "./call";
import { Link } from "./connection";
import type { Caller, Passport } from "./credential";
import { Events } from "./events";
import type { Position } from "./handshake";
import { type Connection, Held } from "./held";
import { uuid } from "./octets";
import { problem, type ProblemError, problemOf } from "./problem";
import { type CandidateSaid, type DescriptionSaid, type PeerDescription, PEERS_MAX, type Said } from "./said";
import { type Mode, Server, type ServerAddress } from "./signaling";
import type { Transport } from "./transport";
import { Waiting } from "./waiting";
import type { ClientMessage } from "./wire/signaling-join";

export interface Settings {
  passport: Passport;
  /** The property's CA, DER. */
  authorityCertificate: Uint8Array;
  /** In order, but those in the hotel first, unless `preferLocal` is false: then those in the cloud. */
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

/** How long a connection may take, a second attempt by way of another server included. */
const CONNECT_MS = 12_000;
const PAUSE_MIN_MS = 200;
const PAUSE_MAX_MS = 5_000;
/** Most calls that are not yet connections; further ones are not answered. */
const CALLS_MAX = 64;
/** Most connections; further calls are not answered. */
const CONNECTIONS_MAX = 256;

export class Peer {
  readonly #settings: Settings;
  readonly #servers: Server[];
  readonly #rosters: Map<string, PeerDescription>[];
  readonly #events = new Events<PeerEvent>();
  readonly #calls = new Map<string, Call>();
  readonly #servedBy = new Map<string, Server>();
  readonly #connections = new Map<string, Held>();
  /** Who waits for a connection, by principal; who waits for a principal, by capability. */
  readonly #connecting = new Waiting<void>();
  readonly #seeking = new Waiting<string>();
  readonly #returning = new Set<string>();
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
          up: (peers, iceServers) => this.#up(index, peers, iceServers),
          down: () => this.#down(index),
          said: (message) => this.#said(index, message),
        }),
    );
  }

  get signalingMode(): Mode {
    return this.#mode;
  }

  /** Who is there, as the joined servers say. */
  get peers(): ReadonlyMap<string, PeerDescription> {
    return new Map([...this.#rosters].reverse().flatMap((roster) => [...roster]));
  }

  start(): void {
    this.#stopped = false;
    this.#choose();
    if (typeof window === "undefined" || this.#unhook.length > 0) return;
    const wake = (): void => {
      this.#servers.forEach((server) => server.hurry());
      this.#connections.forEach((held) => void held.wake());
    };
    const returned = (): void => {
      if (document.visibilityState === "visible") wake();
    };
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", returned);
    this.#unhook.push(() => window.removeEventListener("online", wake));
    this.#unhook.push(() => document.removeEventListener("visibilitychange", returned));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unhook.splice(0).forEach((unhook) => unhook());
    await Promise.all([...this.#connections.values()].map((held) => held.close()));
    this.#calls.forEach((call) => call.end());
    this.#calls.clear();
    this.#servedBy.clear();
    for (const waiting of [this.#connecting, this.#seeking]) {
      waiting.names.forEach((name) => waiting.reject(name, stopped()));
    }
    this.#choose();
  }

  on(event: PeerEvent, listener: (told: unknown) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** The connection to a peer; made if there is none. */
  async connect(principal: string): Promise<Connection> {
    if (this.#stopped) throw stopped();
    if (principal === this.#settings.passport.principal) {
      throw problem("forbidden", "nobody is connected to themselves");
    }
    const held = this.#held(principal);
    if (held.state === "open") return held;
    held.want();
    const opened = this.#connecting.wait(principal, CONNECT_MS, () => this.#unreached());
    this.#dial(principal);
    await opened;
    return held;
  }

  /** The connection to the first peer with a capability; it comes back by itself until it is closed. */
  async connectTo(capability: string): Promise<Connection> {
    if (this.#stopped) throw stopped();
    const principal =
      this.#capable(capability) ?? (await this.#seeking.wait(capability, CONNECT_MS, () => this.#unreached()));
    await this.connect(principal);
    const held = this.#held(principal);
    held.keep(() => void this.#return(held));
    // It may have been lost before anybody held on to it.
    void this.#return(held);
    return held;
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
    const held = this.#connections.get(principal) ?? new Held(principal);
    this.#connections.set(principal, held);
    return held;
  }

  /** Why nobody was reached: what was tried. */
  #unreached(): ProblemError {
    if (this.#mode !== "none") return problem("unavailable", "no connection in time");
    const tried = this.#servers.map((server) => `${server.address.url}: ${server.why}`);
    return problem("unavailable", `no signaling server is reached: ${tried.join("; ")}`);
  }

  #capable(capability: string): string | undefined {
    return [...this.peers.values()].find((peer) => peer.capabilities.includes(capability))?.id;
  }

  /** Makes a kept connection anew, until it is open or not wanted any more. */
  async #return(held: Held): Promise<void> {
    if (this.#returning.has(held.peer)) return;
    this.#returning.add(held.peer);
    const pause = new Backoff(PAUSE_MIN_MS, PAUSE_MAX_MS);
    const isMissed = (): boolean => !this.#stopped && held.kept && held.state !== "open";
    while (isMissed()) {
      await new Promise((resolve) => setTimeout(resolve, pause.wait()));
      if (!isMissed()) break;
      await this.connect(held.peer).catch((error: unknown) => this.#events.tell("problem", problemOf(error).problem));
    }
    this.#returning.delete(held.peer);
  }

  #dial(them: string): void {
    const underWay = this.#underWay().some((call) => call.settings.them === them);
    if (underWay || this.#mode === "none") return;
    try {
      void this.#call(uuid(), them, "offerer").offer();
    } catch (error) {
      // The browser has no more connections to give, or does not like its settings.
      this.#connecting.reject(them, problemOf(error));
    }
  }

  #underWay(): Call[] {
    return [...this.#calls.values()].filter((call) => !call.established);
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

  /** By the server that served the call last, else one that knows them, else any. */
  #say(id: string, them: string, message: ClientMessage): void {
    const up = this.#servers.filter((server) => server.standing === "up");
    const last = this.#servedBy.get(id);
    const same = last !== undefined && up.includes(last) ? last : undefined;
    const there = up.find((server) => this.#rosters[this.#servers.indexOf(server)]?.has(them));
    (same ?? there ?? up[0])?.say(message);
  }

  #established(call: Call, caller: Caller, transport: Transport): void {
    const { id, them, passport, position } = call.settings;
    const held = this.#held(them);
    const link = new Link(id, passport.principal, caller, transport, {
      message: (_, envelope) => {
        this.#events.tell("message", { peerId: them, message: envelope });
        held.heard(link, envelope);
      },
      closed: (_, reason) => {
        this.#end(call);
        if (held.lost(link)) this.#events.tell("closed", { peer: them, reason });
      },
    });
    if (position === "offerer" && held.state === "closed") {
      // Nobody wants it any more.
      link.close();
      return;
    }
    held.open(link, call);
    link.start();
    this.#connecting.resolve(them, undefined);
    this.#events.tell("connection", held);
  }

  #end(call: Call): void {
    call.end();
    this.#calls.delete(call.settings.id);
    this.#servedBy.delete(call.settings.id);
  }

  #failed(call: Call, error: ProblemError): void {
    const { id, them, position } = call.settings;
    this.#end(call);
    if (call.established) {
      this.#connections.get(them)?.fail(id, error);
    } else if (position === "offerer") {
      this.#connecting.reject(them, error);
    } else if (this.#connecting.names.includes(them)) {
      this.#dial(them);
    }
  }

  #up(index: number, peers: PeerDescription[], iceServers: RTCIceServer[]): void {
    this.#rosters[index] = new Map(peers.map((peer) => [peer.id, peer]));
    this.#iceServers = [...(this.#settings.iceServers ?? []), ...iceServers];
    this.#choose();
    this.#rosterChanged();
    this.#connecting.names.forEach((them) => this.#dial(them));
    this.#calls.forEach((call) => void call.signalingReturned());
  }

  #down(index: number): void {
    this.#rosters[index]?.clear();
    this.#choose();
    this.#rosterChanged();
  }

  #rosterChanged(): void {
    for (const capability of this.#seeking.names) {
      const found = this.#capable(capability);
      if (found !== undefined) this.#seeking.resolve(capability, found);
    }
    this.#events.tell("peers");
  }

  /** Says which servers should be joined: the first that works, and those before it. */
  #choose(): void {
    let open = !this.#stopped;
    let mode: Mode = "none";
    this.#servers.forEach((server, index) => {
      if (!open) this.#rosters[index]?.clear();
      server.want(open);
      if (server.standing === "up" && mode === "none") mode = server.address.mode;
      open &&= server.standing === "down";
    });
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#events.tell("signaling", mode);
  }

  #said(index: number, said: Said): void {
    const roster = this.#rosters[index];
    const server = this.#servers[index];
    if (roster === undefined || server === undefined) return;
    switch (said.type) {
      case "peer-joined":
        if (roster.size < PEERS_MAX) roster.set(said.peer.id, said.peer);
        this.#rosterChanged();
        break;
      case "peer-left":
        roster.delete(said.peer);
        this.#rosterChanged();
        break;
      case "problem":
        this.#events.tell("problem", said.problem);
        break;
      case "offer":
      case "answer":
      case "ice-candidate":
        this.#signal(server, said);
        break;
      case "undeliverable":
        if (this.#calls.get(said.connection)?.settings.them === said.to) {
          this.#calls.get(said.connection)?.undeliverable(said.reason);
        }
        break;
      default:
    }
  }

  #signal(server: Server, said: DescriptionSaid | CandidateSaid): void {
    const { connection: id, from } = said;
    if (said.type === "offer" && !this.#calls.has(id) && this.#answers(from)) this.#call(id, from, "answerer");
    const call = this.#calls.get(id);
    // A signal from somebody else than the peer of the call is nobody's.
    if (call?.settings.them !== from) return;
    this.#servedBy.set(id, server);
    switch (said.type) {
      case "offer":
        void call.offered(said);
        break;
      case "answer":
        void call.answered(said);
        break;
      case "ice-candidate":
        void call.candidate(said.negotiation, said.candidate);
        break;
    }
  }

  /** Both called at once: the call of the larger name counts. */
  #answers(from: string): boolean {
    const me = this.#settings.passport.principal;
    const underWay = this.#underWay();
    const theirs = underWay.filter((call) => call.settings.them === from);
    const ours = theirs.some((call) => call.settings.position === "offerer");
    const full = underWay.length - theirs.length >= CALLS_MAX || this.#calls.size >= CONNECTIONS_MAX + CALLS_MAX;
    if (from === me || full || (ours && me > from)) return false;
    theirs.forEach((call) => this.#end(call));
    return true;
  }
}

function stopped(): ProblemError {
  return problem("unavailable", "the peer was stopped");
}
