/** The bearer token in use: one question for many requests, the next before the present one ends. */

/** How long before its end a token is replaced, in milliseconds. */
const MARGIN_MS = 60_000;

export interface HeldBearer {
  bearer: string;
  /** In Unix milliseconds. */
  expiresAt: number;
}

/** What is asked for, beside the token. */
export interface Asked {
  method?: "POST";
  body?: string;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

export class Bearers {
  readonly #ask: () => Promise<HeldBearer>;
  #held: HeldBearer | null = null;
  #asking: Promise<HeldBearer> | null = null;

  constructor(ask: () => Promise<HeldBearer>) {
    this.#ask = ask;
  }

  /** Fetches with the token; once more with the next one if this one was refused. */
  async fetch(url: string, init: Asked): Promise<Response> {
    const bearer = await this.#fresh();
    const response = await send(url, init, bearer);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    if (this.#held?.bearer === bearer) this.#held = null;
    return send(url, init, await this.#fresh());
  }

  async #fresh(): Promise<string> {
    if (this.#held !== null && this.#held.expiresAt > Date.now() + MARGIN_MS) {
      return this.#held.bearer;
    }
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    this.#held = await this.#asking;
    return this.#held.bearer;
  }
}

function send(url: string, init: Asked, bearer: string): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${bearer}` };
  return fetch(url, { ...init, headers, cache: "no-store", credentials: "omit" });
}
