/** Listeners by event, each told in its turn; one that throws does not keep the others from hearing. */
export class Events<Name extends string> {
  readonly #listeners = new Map<Name, Set<(told: unknown) => void>>();

  on(name: Name, listener: (told: unknown) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  tell(name: Name, told?: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(told);
      } catch (error) {
        console.error("a listener failed", error);
      }
    }
  }
}
