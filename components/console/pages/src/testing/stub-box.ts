import { signal } from "@preact/signals";

import type { Box, Figures, SignalingMode } from "../shared/box";
import { Refused } from "../shared/problem";
import type { Problem } from "../shared/wire";

type Answer = (body: never) => unknown;

/** A box for tests: answers as it is told, and remembers what it was asked. */
export class StubBox implements Box {
  readonly mode = signal<SignalingMode>("local");
  readonly reached = signal(true);
  readonly asked: { about: string; body: unknown }[] = [];
  readonly answers = new Map<string, Answer>();
  measured: Figures | null = null;
  closed = false;
  readonly #listeners = new Map<string, Set<(body: never) => void>>();
  readonly #callbacks = new Set<() => void>();

  async request<Q, A>(about: string, body: Q): Promise<A> {
    this.asked.push({ about, body });
    const answer = this.answers.get(about);
    if (answer === undefined) {
      throw refusal("unavailable", `nobody answers ${about}`);
    }
    await Promise.resolve();
    return answer(body as never) as A;
  }

  onEvent<B>(about: string, listener: (body: B) => void): () => void {
    const listeners = this.#listeners.get(about) ?? new Set();
    this.#listeners.set(about, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  onReached(listener: () => void): () => void {
    this.#callbacks.add(listener);
    if (this.reached.value) listener();
    return () => this.#callbacks.delete(listener);
  }

  figures(): Promise<Figures | null> {
    return Promise.resolve(this.measured);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** The box says something by itself. */
  say(about: string, body: unknown): void {
    this.#listeners.get(about)?.forEach((listener) => listener(body as never));
  }

  lose(): void {
    this.reached.value = false;
  }

  find(): void {
    this.reached.value = true;
    this.#callbacks.forEach((callback) => callback());
  }
}

export function refusal(code: string, detail: string, field?: string): Refused {
  const problem: Problem = { code, title: code, status: 400, detail };
  return new Refused(field === undefined ? problem : { ...problem, field });
}
