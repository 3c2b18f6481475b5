import { computed, signal } from "@preact/signals";

import { about } from "./about";
import type { Box } from "./box";
import type { OrderBook } from "./orders";
import type { Decision, Job, Resolve } from "./wire";

/** Most jobs that are remembered; the oldest give way. */
const JOBS_MAX = 200;

/** The print jobs that the box told us of, by event and on orders. */
export class JobBook {
  readonly #heard = signal<ReadonlyMap<string, Job>>(new Map());
  /** The newest state of each job. */
  readonly jobs = computed(() => {
    const jobs = new Map(this.#heard.value);
    for (const { ticket } of this.#orders.orders.value) {
      if (ticket !== undefined && isNewer(ticket, jobs.get(nameOf(ticket)))) {
        jobs.set(nameOf(ticket), ticket);
      }
    }
    return jobs;
  });
  /** Jobs that may have been printed: somebody has to look. */
  readonly undecided = computed(() =>
    [...this.jobs.value.values()].filter((job) => job.state === "unconfirmed"),
  );
  readonly #box: Box;
  readonly #orders: OrderBook;

  constructor(box: Box, orders: OrderBook) {
    this.#box = box;
    this.#orders = orders;
    box.onEvent<Job>(about.printStatus, (job) => this.take(job));
  }

  /** The newest that is known of a job. */
  newest(job: Job): Job {
    return this.jobs.value.get(nameOf(job)) ?? job;
  }

  async decide(job: Job, decision: Decision): Promise<void> {
    const body: Resolve = { job: job.job, principal: job.principal, decision };
    this.take(await this.#box.request<Resolve, Job>(about.printResolve, body));
  }

  take(job: Job): void {
    const heard = new Map(this.#heard.value);
    if (isNewer(job, heard.get(nameOf(job)))) {
      heard.delete(nameOf(job));
      heard.set(nameOf(job), job);
    }
    const [oldest] = heard.keys();
    if (heard.size > JOBS_MAX && oldest !== undefined) {
      heard.delete(oldest);
    }
    this.#heard.value = heard;
  }
}

/** Names of jobs are their principal's. */
function nameOf(job: Job): string {
  return `${job.principal}/${job.job}`;
}

function isNewer(job: Job, before: Job | undefined): boolean {
  return before === undefined || before.at <= job.at;
}
