/** Server-sent events (HTML §9.2) out of octets that arrive in pieces of any length. */

import { problem } from "./problem";

export type ServerEvent = { kind: "comment" } | { kind: "data"; data: string };

/** Longest event: a page of 2,000 documents has room in it. */
const EVENT_MAX = 16 * 1024 * 1024;

export class ServerEvents {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #data: string[] = [];
  #length = 0;

  /** What is complete with these octets. */
  take(octets: Uint8Array): ServerEvent[] {
    const lines = (this.#rest + this.#decoder.decode(octets, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    const events = lines.flatMap((line) => this.#line(line.replace(/\r$/, "")));
    if (this.#length + this.#rest.length > EVENT_MAX) {
      throw problem("too-large", `an event has at most ${EVENT_MAX} characters`);
    }
    return events;
  }

  #line(line: string): ServerEvent[] {
    if (line.startsWith(":")) return [{ kind: "comment" }];
    if (line.startsWith("data:")) {
      const data = line.slice(line.startsWith("data: ") ? 6 : 5);
      this.#data.push(data);
      this.#length += data.length;
    }
    if (line !== "" || this.#data.length === 0) return [];
    const data = this.#data.join("\n");
    this.#data = [];
    this.#length = 0;
    return [{ kind: "data", data }];
  }
}
