import type { Connection, Peer } from "@hospitality-edge/client";
import { signal } from "@preact/signals";

import type { Box, Figures, SignalingMode } from "./box";
import { Refused } from "./problem";

/** What every box can do. */
const BOX = "orders";
/** Rest between two attempts to reach the box, in milliseconds; the library rests by itself as well. */
const REST_MS = 1_000;

type Listener = (body: unknown) => void;

/** What is used of a peer of the client library. */
type Going = Pick<Peer, "signalingMode" | "start" | "stop" | "connectTo" | "on">;

/**
 * The box as a peer of the client library: found by what it can do, held on to, and heard through
 * every connection that comes of it.
 */
export class PeerBox implements Box {
  readonly mode = signal<SignalingMode>("none");
  readonly reached = signal(false);
  readonly #peer: Going;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #callbacks = new Set<() => void>();
  #connection: Connection | null = null;
  #ends: (() => void)[] = [];
  #closed = false;

  constructor(peer: Going) {
    this.#peer = peer;
    peer.on("signaling", () => (this.mode.value = peer.signalingMode));
    peer.on("connection", () => this.#look());
    peer.on("closed", () => this.#look());
    peer.start();
    void this.#hold();
  }

  async request<Q, A>(about: string, body: Q): Promise<A> {
    const connection = this.#connection;
    if (connection?.state !== "open") {
      throw new Refused({
        code: "unavailable",
        title: "not available",
        status: 503,
        detail: "the hotel's box is out of reach at the moment",
      });
    }
    return connection.request<Q, A>(about, body);
  }

  onEvent<B>(about: string, listener: (body: B) => void): () => void {
    const listeners = this.#listeners.get(about) ?? new Set<Listener>();
    const entry: Listener = (body) => listener(body as B);
    listeners.add(entry);
    if (!this.#listeners.has(about)) {
      this.#listeners.set(about, listeners);
      this.#hear(about, listeners);
    }
    return () => listeners.delete(entry);
  }

  onReached(listener: () => void): () => void {
    this.#callbacks.add(listener);
    if (this.reached.value) {
      listener();
    }
    return () => this.#callbacks.delete(listener);
  }

  async figures(): Promise<Figures | null> {
    const connection = this.#connection;
    return connection?.state === "open" ? connection.topology() : null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#peer.stop();
    this.#look();
  }

  /** Asks for the connection until there is one; from then on it comes back by itself. */
  async #hold(): Promise<void> {
    while (!this.#closed && this.#connection === null) {
      try {
        this.#adopt(await this.#peer.connectTo(BOX));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    }
  }

  #adopt(connection: Connection): void {
    this.#ends.forEach((end) => end());
    this.#ends = [];
    this.#connection = connection;
    this.#listeners.forEach((listeners, about) => this.#hear(about, listeners));
    this.#look();
  }

  #hear(about: string, listeners: ReadonlySet<Listener>): void {
    const connection = this.#connection;
    if (connection !== null) {
      this.#ends.push(
        connection.onEvent(about, (body: unknown) => listeners.forEach((listener) => listener(body))),
      );
    }
  }

  #look(): void {
    const reached = this.#connection?.state === "open" && !this.#closed;
    const returned = reached && !this.reached.value;
    this.reached.value = reached;
    if (returned) {
      this.#callbacks.forEach((callback) => callback());
    }
  }
}
