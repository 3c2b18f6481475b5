/** A connection as its users hold it: the same object through every reconnect. */

import type { Call } from "./call";
import { type Link, REQUEST_MS } from "./connection";
import { Events } from "./events";
import type { Envelope } from "./message";
import { problem, type ProblemError, problemOf } from "./problem";
import { type Topology, topologyOf } from "./topology";

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

type Listener = (body: unknown) => void;
type Handler = (body: unknown) => Promise<unknown>;

/** Most requests of the other side that are under way here. */
const ANSWERING_MAX = 256;
/** How long a connection may be silent before a new way is looked for, when the page comes back. */
const PATIENCE_MS = 2_000;

export class Held implements Connection {
  readonly peer: string;
  readonly #listeners = new Events<string>();
  readonly #handlers = new Map<string, Handler>();
  #link: Link | null = null;
  #call: Call | null = null;
  #state: "wanted" | "closed" = "wanted";
  #answering = 0;
  #onLost: (() => void) | null = null;

  constructor(peer: string) {
    this.peer = peer;
  }

  get state(): "connecting" | "open" | "closed" {
    if (this.#link !== null && !this.#link.closed) return "open";
    return this.#state === "closed" ? "closed" : "connecting";
  }

  /** Whether it comes back by itself. */
  get kept(): boolean {
    return this.#onLost !== null;
  }

  /** From now on `onLost` is told whenever it has to be made anew. */
  keep(onLost: () => void): void {
    this.#onLost = onLost;
  }

  /** Somebody wants it open, again. */
  want(): void {
    this.#state = "wanted";
  }

  open(link: Link, call: Call): void {
    const earlier = this.#link;
    this.#link = link;
    this.#call = call;
    this.#state = "wanted";
    earlier?.close();
  }

  /** Whether the one that was lost was the present one. */
  lost(link: Link): boolean {
    if (this.#link !== link) return false;
    this.#link = null;
    this.#call = null;
    this.#onLost?.();
    return true;
  }

  fail(id: string, reason: ProblemError): void {
    if (this.#link?.id === id) this.#link.close(reason);
  }

  heard(link: Link, envelope: Envelope): void {
    if (envelope.kind === "event") this.#listeners.tell(envelope.type, envelope.body);
    else void this.#answer(link, envelope);
  }

  async request<Q, A>(about: string, body: Q, options?: { timeoutMs?: number }): Promise<A> {
    return (await this.#open().request(about, body, options?.timeoutMs ?? REQUEST_MS)) as A;
  }

  async send(about: string, body: unknown): Promise<void> {
    await this.#open().send(about, body);
  }

  onEvent(about: string, listener: Listener): () => void {
    return this.#listeners.on(about, listener);
  }

  onRequest(about: string, handler: Handler): () => void {
    this.#handlers.set(about, handler);
    return () => {
      if (this.#handlers.get(about) === handler) this.#handlers.delete(about);
    };
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

  /** The page or the network has come back: looks for a new way unless the present one works. */
  async wake(): Promise<void> {
    const link = this.#link;
    if (link === null || (await link.isThere(PATIENCE_MS)) || link !== this.#link) return;
    await this.restartIce();
  }

  close(): Promise<void> {
    this.#state = "closed";
    this.#onLost = null;
    this.#link?.close();
    return Promise.resolve();
  }

  async #answer(link: Link, request: Envelope): Promise<void> {
    this.#answering += 1;
    try {
      const handler = this.#handlers.get(request.type);
      if (handler === undefined) throw problem("unavailable", "nobody answers that here", "type");
      if (this.#answering > ANSWERING_MAX) throw problem("busy", "too many requests are under way");
      await link.reply(request, await handler(request.body));
    } catch (error) {
      // Whoever is gone needs no refusal.
      await link.refuse(request, problemOf(error)).catch(() => undefined);
    } finally {
      this.#answering -= 1;
    }
  }

  #open(): Link {
    if (this.#link === null || this.#link.closed) {
      throw problem("unavailable", `${this.peer} is not connected at the moment`);
    }
    return this.#link;
  }
}
