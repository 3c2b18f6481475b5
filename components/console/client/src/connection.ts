/**
 * A proven connection: messages both ways, requests with their replies, a heartbeat.
 */

import type { Caller } from "./credential";
import { Assembly, CHUNK, CLOSE, cut, frameOf, numbered, parseFrame, PING, PONG, UNFINISHED_MAX } from "./framing";
import { type Envelope, type Kind, pack, readEnvelope, unpack } from "./message";
import { uuid } from "./octets";
import { isProblem, problem, ProblemError, problemOf } from "./problem";
import type { Transport } from "./transport";

export interface Handlers {
  /** A request or an event. */
  message(link: Link, envelope: Envelope): void;
  closed(link: Link, reason: ProblemError | null): void;
}

export const REQUEST_MS = 10_000;
const KEEPALIVE_MS = 2_500;
const SILENT_PINGS = 3;
const REQUESTS_MAX = 256;

interface Waiter {
  resolve(body: unknown): void;
  reject(error: ProblemError): void;
  timer: ReturnType<typeof setTimeout>;
}

/** One connection, from its handshake to its end. */
export class Link {
  readonly id: string;
  readonly caller: Caller;
  /** Round trip of the last ping, in milliseconds. */
  latencyMs: number | null = null;
  closed = false;
  readonly #me: string;
  readonly #transport: Transport;
  readonly #handlers: Handlers;
  readonly #assembly = new Assembly();
  readonly #waiters = new Map<string, Waiter>();
  readonly #own: Uint8Array<ArrayBuffer>[] = [];
  readonly #waiting: Uint8Array[] = [];
  readonly #begun: Generator<Uint8Array<ArrayBuffer>>[] = [];
  readonly #ticks: ReturnType<typeof setInterval>;
  #number = 0;
  /** How many of those begun, from the first on, have sent nothing yet. */
  #untouched = 0;
  #writing = false;
  #unanswered = 0;
  #asked: { number: bigint; at: number } | null = null;

  constructor(id: string, me: string, caller: Caller, transport: Transport, handlers: Handlers) {
    this.id = id;
    this.caller = caller;
    this.#me = me;
    this.#transport = transport;
    this.#handlers = handlers;
    this.#ticks = setInterval(() => this.#ping(), KEEPALIVE_MS);
    this.#ping();
  }

  /** Begins to listen. */
  start(): void {
    this.#transport.onClose(() => this.#end(problem("unavailable", "the channel has closed")));
    this.#transport.onFrame((frame) => {
      try {
        this.#frame(frame);
      } catch (error) {
        this.#break(problemOf(error));
      }
    });
  }

  request(about: string, body: unknown, timeoutMs: number): Promise<unknown> {
    if (this.closed) return Promise.reject(gone());
    if (this.#waiters.size >= REQUESTS_MAX) {
      return Promise.reject(problem("busy", "too many requests wait for their reply"));
    }
    const id = uuid();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(id);
        reject(problem("timed-out", `no reply to ${about} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiters.set(id, { resolve, reject, timer });
      this.#write(id, "request", about, body);
    });
  }

  send(about: string, body: unknown): void {
    if (this.closed) throw gone();
    this.#write(uuid(), "event", about, body);
  }

  reply(request: Envelope, body: unknown): void {
    this.#write(request.id, "reply", request.type, body);
  }

  refuse(request: Envelope, error: ProblemError): void {
    this.#write(request.id, "problem", request.type, error.problem);
  }

  close(): void {
    this.#end(null);
  }

  #write(id: string, kind: Kind, about: string, body: unknown): void {
    if (this.closed) return;
    const envelope: Envelope = { v: 1, id, kind, type: about, from: this.#me, timestamp: Date.now(), body };
    this.#waiting.push(pack(envelope));
    void this.#carry();
  }

  /** Sends own frames first, then pieces of the waiting messages in turn. */
  async #carry(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      while (!this.closed) {
        const own = this.#own.shift();
        if (own !== undefined) {
          await this.#transport.send(own);
          continue;
        }
        while (this.#begun.length < UNFINISHED_MAX && this.#waiting.length > 0) {
          const message = this.#waiting.shift();
          if (message === undefined) break;
          // Before those under way, behind those that have just come: short messages keep their order.
          this.#begun.splice(this.#untouched, 0, cut(this.#number++ >>> 0, message));
          this.#untouched += 1;
        }
        const next = this.#begun.shift();
        if (next === undefined) break;
        this.#untouched = Math.max(0, this.#untouched - 1);
        const piece = next.next();
        if (piece.done === true) continue;
        await this.#transport.send(piece.value);
        this.#begun.push(next);
      }
    } catch (error) {
      this.#end(problemOf(error));
    } finally {
      this.#writing = false;
    }
  }

  #say(frame: Uint8Array<ArrayBuffer>): void {
    this.#own.push(frame);
    void this.#carry();
  }

  #ping(): void {
    if (this.#unanswered >= SILENT_PINGS) {
      this.#end(problem("timed-out", "the other side fell silent"));
      return;
    }
    this.#unanswered += 1;
    const number = (this.#asked?.number ?? 0n) + 1n;
    this.#asked = { number, at: performance.now() };
    this.#say(numbered(PING, number));
  }

  #frame(octets: Uint8Array): void {
    if (this.closed) return;
    this.#unanswered = 0;
    const frame = parseFrame(octets);
    switch (frame.kind) {
      case PING:
        this.#say(numbered(PONG, frame.number));
        break;
      case PONG:
        if (this.#asked?.number === frame.number) this.latencyMs = performance.now() - this.#asked.at;
        break;
      case CHUNK: {
        const whole = this.#assembly.take(frame);
        if (whole !== null) this.#message(readEnvelope(whole));
        break;
      }
      case CLOSE: {
        const told = unpack(frame.octets);
        this.#end(isProblem(told) ? new ProblemError(told) : problem("unavailable", "the other side closed"));
        break;
      }
      default:
        throw problem("forbidden", "the handshake is over");
    }
  }

  #message(envelope: Envelope): void {
    if (envelope.kind === "request" || envelope.kind === "event") {
      this.#handlers.message(this, envelope);
      return;
    }
    const waiter = this.#waiters.get(envelope.id);
    if (waiter === undefined) return;
    this.#waiters.delete(envelope.id);
    clearTimeout(waiter.timer);
    if (envelope.kind === "reply") {
      waiter.resolve(envelope.body);
    } else {
      const { body } = envelope;
      waiter.reject(isProblem(body) ? new ProblemError(body) : problem("malformed", "the refusal cannot be read"));
    }
  }

  /** Ends it because the other side does not keep to the protocol, and says so. */
  #break(reason: ProblemError): void {
    if (this.closed) return;
    void this.#transport.send(frameOf(CLOSE, pack(reason.problem))).catch(() => undefined);
    this.#end(reason);
  }

  #end(reason: ProblemError | null): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.#ticks);
    for (const waiter of this.#waiters.values()) {
      clearTimeout(waiter.timer);
      waiter.reject(reason ?? gone());
    }
    this.#waiters.clear();
    this.#transport.close();
    this.#handlers.closed(this, reason);
  }
}

function gone(): ProblemError {
  return problem("unavailable", "the connection has ended");
}
