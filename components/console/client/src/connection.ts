/**
 * A proven connection: messages both ways, requests with their replies, a heartbeat.
 */

import type { Caller } from "./credential";
import { Assembly, CHUNK, CLOSE, cut, frameOf, MESSAGE_MAX, numbered, parseFrame, PING, PONG, UNFINISHED_MAX } from "./framing";
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
const KEEPALIVE_MS = 2_250;
const SILENT_PINGS = 3;
/** Most requests of one side that wait for their reply. */
const REQUESTS_MAX = 256;
/** Most bytes of messages that wait to be sent; whoever awaits `send` never comes near. */
const WAITING_BYTES_MAX = 2 * MESSAGE_MAX;
/** Most own frames that wait to be sent: whoever asks for more pongs does not read them. */
const OWN_MAX = 64;

interface Waiter {
  resolve(body: unknown): void;
  reject(error: ProblemError): void;
  timer: ReturnType<typeof setTimeout>;
}

/** A message on its way out. */
interface Outgoing {
  octets: Uint8Array;
  sent(): void;
  lost(error: ProblemError): void;
}

/** One of which pieces were sent. */
interface Begun {
  message: Outgoing;
  pieces: Generator<Uint8Array<ArrayBuffer>>;
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
  readonly #waiting: Outgoing[] = [];
  readonly #begun: Begun[] = [];
  readonly #ticks: ReturnType<typeof setInterval>;
  #number = 0;
  #waitingBytes = 0;
  /** How many of those begun, from the first on, have sent nothing yet. */
  #untouched = 0;
  #writing = false;
  #unanswered = 0;
  #heardAt = 0;
  #asked: { number: bigint; at: number } | null = null;

  constructor(id: string, me: string, caller: Caller, transport: Transport, handlers: Handlers) {
    this.id = id;
    this.caller = caller;
    this.#me = me;
    this.#transport = transport;
    this.#handlers = handlers;
    this.#ticks = setInterval(() => this.#tick(), KEEPALIVE_MS);
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
      this.#write(id, "request", about, body).catch((error: unknown) => {
        this.#waiters.delete(id);
        clearTimeout(timer);
        reject(problemOf(error));
      });
    });
  }

  /** Done when the last of it is on its way. */
  send(about: string, body: unknown): Promise<void> {
    return this.#write(uuid(), "event", about, body);
  }

  reply(request: Envelope, body: unknown): Promise<void> {
    return this.#write(request.id, "reply", request.type, body);
  }

  refuse(request: Envelope, error: ProblemError): Promise<void> {
    return this.#write(request.id, "problem", request.type, error.problem);
  }

  /** Whether the other side is heard of within that time; asks it. */
  async isThere(withinMs: number): Promise<boolean> {
    const asked = performance.now();
    if (!this.closed) this.#ping();
    await new Promise((resolve) => setTimeout(resolve, withinMs));
    return !this.closed && this.#heardAt >= asked;
  }

  close(reason: ProblemError | null = null): void {
    this.#end(reason);
  }

  async #write(id: string, kind: Kind, about: string, body: unknown): Promise<void> {
    if (this.closed) throw gone();
    const envelope: Envelope = { v: 1, id, kind, type: about, from: this.#me, timestamp: Date.now(), body };
    const octets = pack(envelope);
    if (octets.length > MESSAGE_MAX) throw problem("too-large", "message is larger than 8 MiB");
    if (this.#waitingBytes + octets.length > WAITING_BYTES_MAX) {
      throw problem("busy", "too much waits to be sent");
    }
    this.#waitingBytes += octets.length;
    await new Promise<void>((sent, lost) => {
      this.#waiting.push({ octets, sent, lost });
      void this.#carry();
    });
  }

  /** Sends own frames first, then pieces of the waiting messages in turn. */
  async #carry(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      while (!this.closed) {
        const frame = this.#own.shift() ?? this.#piece();
        if (frame === null) break;
        await this.#transport.send(frame);
      }
    } catch (error) {
      this.#end(problemOf(error));
    } finally {
      this.#writing = false;
    }
  }

  /** The next piece of a message, of each in turn. */
  #piece(): Uint8Array<ArrayBuffer> | null {
    for (;;) {
      this.#begin();
      const next = this.#begun.shift();
      if (next === undefined) return null;
      this.#untouched = Math.max(0, this.#untouched - 1);
      const piece = next.pieces.next();
      if (piece.done !== true) {
        this.#begun.push(next);
        return piece.value;
      }
      this.#waitingBytes -= next.message.octets.length;
      next.message.sent();
    }
  }

  /** Before those under way, behind those that have just come: short messages keep their order. */
  #begin(): void {
    while (this.#begun.length < UNFINISHED_MAX) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#begun.splice(this.#untouched, 0, { message, pieces: cut(this.#number++ >>> 0, message.octets) });
      this.#untouched += 1;
    }
  }

  #say(frame: Uint8Array<ArrayBuffer>): void {
    this.#own.push(frame);
    void this.#carry();
  }

  /** What has to be looked after now and then. */
  #tick(): void {
    if (this.#unanswered >= SILENT_PINGS) {
      this.#end(problem("timed-out", "the other side fell silent"));
    } else if (this.caller.expiresAt <= Date.now()) {
      this.#break(problem("expired", "the credential of the other side has expired", "credential"));
    } else {
      this.#ping();
    }
  }

  #ping(): void {
    this.#unanswered += 1;
    const number = (this.#asked?.number ?? 0n) + 1n;
    this.#asked = { number, at: performance.now() };
    this.#say(numbered(PING, number));
  }

  #frame(octets: Uint8Array): void {
    if (this.closed) return;
    this.#unanswered = 0;
    this.#heardAt = performance.now();
    const frame = parseFrame(octets);
    switch (frame.kind) {
      case PING:
        if (this.#own.length >= OWN_MAX) throw problem("busy", "pings come faster than their answers leave");
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
    for (const message of [...this.#waiting.splice(0), ...this.#begun.splice(0).map((begun) => begun.message)]) {
      message.lost(reason ?? gone());
    }
    this.#transport.close();
    this.#handlers.closed(this, reason);
  }
}

function gone(): ProblemError {
  return problem("unavailable", "the connection has ended");
}
