/** Those who wait for something of a name, each for a limited time. */

import type { ProblemError } from "./problem";

interface Waiter<A> {
  resolve(what: A): void;
  reject(error: ProblemError): void;
}

export class Waiting<A> {
  readonly #waiters = new Map<string, Set<Waiter<A>>>();

  get names(): string[] {
    return [...this.#waiters.keys()];
  }

  /** Waits for `name`; when it is `late` says why that was in vain. */
  wait(name: string, limitMs: number, late: () => ProblemError): Promise<A> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(name) ?? new Set();
      const timer = setTimeout(() => {
        waiters.delete(waiter);
        if (waiters.size === 0) this.#waiters.delete(name);
        reject(late());
      }, limitMs);
      const waiter: Waiter<A> = {
        resolve: (what) => {
          clearTimeout(timer);
          resolve(what);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiters.set(name, waiters.add(waiter));
    });
  }

  resolve(name: string, what: A): void {
    this.#taken(name).forEach((waiter) => waiter.resolve(what));
  }

  reject(name: string, error: ProblemError): void {
    this.#taken(name).forEach((waiter) => waiter.reject(error));
  }

  #taken(name: string): Set<Waiter<A>> {
    const waiters = this.#waiters.get(name) ?? new Set();
    this.#waiters.delete(name);
    return waiters;
  }
}
