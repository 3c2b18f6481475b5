/**
 * The one stream on which a device hears what moves in its collections.
 *
 * Whatever ends it, it is opened again after a pause of random length. It begins with a comment:
 * from then on nothing is missed, so that a pull after it completes the picture.
 */

import { Backoff } from "./backoff";
import { problem } from "./problem";
import { ServerEvents } from "./server-events";

/** Longest wait for the stream's first words. */
const OPENING_MS = 10_000;
/** Longest silence: the server shows itself every 15 s. */
const SILENCE_MS = 40_000;
/** How long a stream has to last for the next one to be opened quickly. */
const STEADY_MS = 10_000;
/** Longest pause between two attempts. */
export const PAUSE_MAX_MS = 10_000;

/** Whoever hears the stream, and opens it. */
export interface Hearer {
  /** What to hear of; nothing is asked for while there is none. */
  collections(): string[];
  open(collections: string[], signal: AbortSignal): Promise<Response>;
  opened(): void;
  told(data: string): void;
  lost(): void;
}

export class Listening {
  readonly #hearer: Hearer;
  readonly #pause: Backoff;
  #attempt: AbortController | null = null;
  #wake: (() => void) | null = null;
  #wanted = false;
  /** How often it was renewed. */
  #renewals = 0;

  constructor(hearer: Hearer, retryMs: number) {
    this.#hearer = hearer;
    this.#pause = new Backoff(retryMs, Math.max(retryMs, PAUSE_MAX_MS));
  }

  /** Listens, from now on to the present collections. */
  renew(): void {
    this.#renewals += 1;
    this.#attempt?.abort();
    this.#wake?.();
    if (!this.#wanted) {
      this.#wanted = true;
      void this.#run();
    }
  }

  stop(): void {
    this.#wanted = false;
    this.#attempt?.abort();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (this.#wanted) {
      const renewals = this.#renewals;
      const collections = this.#hearer.collections();
      if (collections.length > 0) await this.#listen(collections);
      if (renewals === this.#renewals) await this.#rest(collections.length > 0);
    }
  }

  async #listen(collections: string[]): Promise<void> {
    const attempt = new AbortController();
    this.#attempt = attempt;
    const since = Date.now();
    try {
      await this.#hear(collections, attempt);
    } catch {
      // Cut off, or not let in: the next attempt begins with a pull of what was missed.
    }
    attempt.abort();
    if (Date.now() - since > STEADY_MS) this.#pause.reset();
    this.#hearer.lost();
  }

  async #hear(collections: string[], attempt: AbortController): Promise<void> {
    let patience = setTimeout(() => attempt.abort(), OPENING_MS);
    try {
      const response = await this.#hearer.open(collections, attempt.signal);
      attempt.signal.throwIfAborted();
      if (!response.ok || response.body === null) throw problem("unavailable", `answered ${response.status}`);
      const events = new ServerEvents();
      const reader = response.body.getReader();
      attempt.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
      let open = false;
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        for (const event of events.take(read.value)) {
          if (event.kind === "data") this.#hearer.told(event.data);
          else if (!open) {
            open = true;
            this.#hearer.opened();
          }
        }
        clearTimeout(patience);
        patience = setTimeout(() => attempt.abort(), SILENCE_MS);
      }
    } finally {
      clearTimeout(patience);
    }
  }

  /** Until the pause is over, or `renew` or `stop` is called. */
  #rest(again: boolean): Promise<void> {
    if (!this.#wanted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = again ? setTimeout(() => this.#wake?.(), this.#pause.wait()) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }
}
