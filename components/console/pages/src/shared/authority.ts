import { answered } from "./problem";
import type { House } from "./staff";
import type { Enrolment, Enrolments, Hotel, Invitation, Sitting, Sittings, Statuses } from "./wire";

/** How long before its end a bearer token is replaced, in milliseconds. */
const MARGIN_MS = 60_000;

/** A token that is worth something to whoever carries it. */
export interface Bearer {
  bearer: string;
  expiresAt: number;
}

/** Asks the authority and the console in the name of this tablet. */
export class Authority implements House {
  readonly #url: string;
  readonly #ask: () => Promise<Bearer>;
  #bearer: Promise<Bearer> | null = null;

  constructor({ authority_url }: Hotel, ask: () => Promise<Bearer>) {
    this.#url = authority_url;
    this.#ask = ask;
  }

  async sittings(): Promise<Sitting[]> {
    return (await this.#call<Sittings>(`${this.#url}/sittings`)).sittings;
  }

  async openSitting(table: string): Promise<Sitting> {
    return this.#call<Sitting>(`${this.#url}/sittings`, { table });
  }

  async closeSitting(sitting: string): Promise<void> {
    await this.#call<Sitting>(`${this.#url}/sittings/${encodeURIComponent(sitting)}/close`, {});
  }

  async statuses(): Promise<Statuses> {
    return this.#call<Statuses>("/api/status");
  }

  async invite(principal: string, role: string): Promise<Invitation> {
    return this.#call<Invitation>(`${this.#url}/invitations`, { principal, role });
  }

  async enrolments(): Promise<Enrolment[]> {
    return (await this.#call<Enrolments>(`${this.#url}/invitations`)).enrolments;
  }

  async confirm(principal: string, digits: string): Promise<void> {
    await this.#call(`${this.#url}/invitations/confirm`, { principal, digits });
  }

  async withdraw(principal: string): Promise<void> {
    await this.#call(`${this.#url}/invitations/withdraw`, { principal });
  }

  async #call<A>(url: string, body?: object): Promise<A> {
    const { bearer } = await this.#fresh();
    const headers: Record<string, string> = { authorization: `Bearer ${bearer}` };
    const init: RequestInit = { cache: "no-store", credentials: "omit", headers };
    if (body !== undefined) {
      init.method = "POST";
      init.body = JSON.stringify(body);
      headers["content-type"] = "application/json";
    }
    return answered<A>(await fetch(url, init));
  }

  /** One question at a time; a failed one is not remembered. */
  async #fresh(): Promise<Bearer> {
    const held = await this.#bearer?.catch(() => null);
    if (held && held.expiresAt > Date.now() + MARGIN_MS) {
      return held;
    }
    this.#bearer = this.#ask();
    return this.#bearer;
  }
}
