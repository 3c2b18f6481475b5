import { effect, signal } from "@preact/signals";

import { about } from "../shared/about";
import type { Box } from "../shared/box";
import type { OrderBook } from "../shared/orders";
import type { Job } from "../shared/wire";
import type { Seen } from "./course";

/** Most tickets whose states are remembered. */
const TICKETS_MAX = 100;

/**
 * When each ticket was seen in which state. A job says only its present state; what it went through
 * before this page was opened is not known.
 */
export class Sightings {
  readonly #seen = signal<ReadonlyMap<string, Seen>>(new Map());

  constructor(box: Box, book: OrderBook) {
    box.onEvent<Job>(about.printStatus, (job) => this.take(job));
    effect(() => {
      for (const { ticket } of book.orders.value) {
        if (ticket !== undefined) this.take(ticket);
      }
    });
  }

  of(job: string): Seen {
    return this.#seen.value.get(job) ?? new Map<Job["state"], number>();
  }

  take(job: Job): void {
    const before = this.#seen.peek();
    const states = before.get(job.job);
    if (states?.has(job.state)) return;
    const seen = new Map(before);
    seen.set(job.job, new Map(states).set(job.state, job.at));
    const [oldest] = seen.keys();
    if (seen.size > TICKETS_MAX && oldest !== undefined) {
      seen.delete(oldest);
    }
    this.#seen.value = seen;
  }
}
