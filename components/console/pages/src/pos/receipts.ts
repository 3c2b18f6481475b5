import { about } from "../shared/about";
import type { Box } from "../shared/box";
import type { JobBook } from "../shared/jobs";
import { problemOf } from "../shared/problem";
import type { Job, JobOf, Submit } from "../shared/wire";
import { type Bill, submitOf } from "./bill";

/** How often one bill is printed at most. */
const TIMES_MAX = 9;

/** How a bill was printed last: for which time, and what became of it. */
export interface Printed {
  time: number;
  job: Job;
}

/** Prints bills, and knows what became of it also after a reload: the box remembers. */
export class Receipts {
  readonly #box: Box;
  readonly #jobs: JobBook;
  readonly #hotel: string;

  constructor(box: Box, jobs: JobBook, hotel: string) {
    this.#box = box;
    this.#jobs = jobs;
    this.#hotel = hotel;
  }

  /** The last time this tablet printed the bill; nothing if it never did. */
  async last(bill: Bill): Promise<Printed | null> {
    let last: Printed | null = null;
    for (let time = 1; time <= TIMES_MAX; time += 1) {
      const { job: name } = await submitOf(this.#hotel, bill, time);
      const job = await this.#find(name);
      if (job === null) return last;
      this.#jobs.take(job);
      last = { time, job };
    }
    return last;
  }

  /** Prints the bill for the `time`th time; asked again, it is the same job. */
  async print(bill: Bill, time: number): Promise<Printed> {
    const submit = await submitOf(this.#hotel, bill, time);
    const job = await this.#box.request<Submit, Job>(about.print, submit);
    this.#jobs.take(job);
    return { time, job };
  }

  /** Whether a bill that was printed so often may be printed once more. */
  mayRepeat({ time }: Printed): boolean {
    return time < TIMES_MAX;
  }

  async #find(job: string): Promise<Job | null> {
    try {
      return await this.#box.request<JobOf, Job>(about.printStatus, { job });
    } catch (error) {
      if (problemOf(error).code === "not-found") return null;
      throw error;
    }
  }
}
