/** Pauses between attempts: full jitter under a ceiling that doubles. */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #failures = 0;

  constructor(firstMs: number, longestMs: number) {
    this.#first = firstMs;
    this.#longest = longestMs;
  }

  wait(): number {
    const ceiling = Math.min(this.#longest, this.#first * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    return Math.random() * ceiling;
  }

  reset(): void {
    this.#failures = 0;
  }
}
