import { afterEach, describe, expect, it, vi } from "vitest";

import { type Handlers, Link } from "../src/connection";
import type { Caller } from "../src/credential";
import { Assembly, CHUNK, CLOSE, cut, FRAME_MAX, frameOf, MESSAGE_MAX, numbered, parseFrame, PING, UNFINISHED_MAX } from "../src/framing";
import { pack, readEnvelope, unpack } from "../src/message";
import { concat, random, u32 } from "../src/octets";
import type { Transport } from "../src/transport";
import { fakeTimers } from "./time";

const CALLER: Caller = {
  property: "seaside",
  principal: "device-proxy",
  standing: "component",
  publicKey: new Uint8Array(),
  expiresAt: Number.MAX_SAFE_INTEGER,
};
const NOTHING: Handlers = { message: () => undefined, closed: () => undefined };

/** A transport whose other end is the test. */
class Far implements Transport {
  readonly sent: Uint8Array[] = [];
  closed = false;
  /** What it waits for before it takes a frame. */
  gate = Promise.resolve();
  /** Whether every frame takes a while. */
  slow = false;
  hear: (frame: Uint8Array) => void = () => undefined;

  async send(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.gate;
    if (this.slow) await settled();
    this.sent.push(frame);
  }

  onFrame(listener: (frame: Uint8Array) => void): void {
    this.hear = listener;
  }

  onClose(): void {
    // The test ends it.
  }

  close(): void {
    this.closed = true;
  }

  messages(): unknown[] {
    const assembly = new Assembly();
    return this.sent.flatMap((octets) => {
      const frame = parseFrame(octets);
      const whole = frame.kind === CHUNK ? assembly.take(frame) : null;
      return whole === null ? [] : [readEnvelope(whole)];
    });
  }
}

function link(handlers = NOTHING, caller = CALLER): { far: Far; near: Link } {
  const far = new Far();
  const near = new Link("01941f29-7c00-7000-8000-0123456789ab", "kitchen-1", caller, far, handlers);
  near.start();
  return { far, near };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

/** Why the other side was told it ends. */
function lastWord(far: Far): unknown {
  const frame = parseFrame(far.sent.at(-1) ?? new Uint8Array());
  return frame.kind === CLOSE ? unpack(frame.octets).code : null;
}

afterEach(() => vi.useRealTimers());

describe("a connection", () => {
  it("keeps the order of short messages", async () => {
    const { far, near } = link();
    for (let number = 0; number < 3 * UNFINISHED_MAX; number += 1) void near.send("chat", number);
    await expect.poll(() => far.messages().length).toBe(3 * UNFINISHED_MAX);
    expect(far.messages().map((message) => (message as { body: number }).body)).toEqual(
      Array.from({ length: 3 * UNFINISHED_MAX }, (_, number) => number),
    );
    near.close();
  });

  it("ends a request with its time-out, its problem or its reply, and leaves nothing", async () => {
    const { far, near } = link();
    await expect(near.request("menu", {}, 5)).rejects.toThrow("no reply");
    const answers = (kind: string, body: unknown): void => {
      const asked = far.messages().at(-1) as { id: string };
      const envelope = { v: 1, id: asked.id, kind, type: "menu", from: "device-proxy", timestamp: 1, body };
      for (const frame of cut(0, pack(envelope))) far.hear(frame);
    };
    const refused = near.request("menu", {}, 1_000);
    await settled();
    answers("problem", { code: "forbidden", title: "not allowed", status: 403, detail: "guests may not" });
    await expect(refused).rejects.toThrow("guests may not");
    const answered = near.request("menu", {}, 1_000);
    await settled();
    answers("reply", { items: [] });
    await expect(answered).resolves.toEqual({ items: [] });
    const interrupted = near.request("menu", {}, 1_000);
    near.close();
    await expect(interrupted).rejects.toThrow("ended");
  });

  it("ends when the other side breaks the frames, and says so", async () => {
    const broken: [Uint8Array, string][] = [
      [Uint8Array.of(9), "unknown kind"],
      [new Uint8Array(), "unknown kind"],
      [Uint8Array.of(PING, 1), "too short"],
      [new Uint8Array(FRAME_MAX + 1).fill(CHUNK), "too long"],
      [Uint8Array.of(CHUNK, 0), "contradicts itself"],
      [concat(Uint8Array.of(CHUNK, 0, 0, 0), u32(1), u32(0), u32(MESSAGE_MAX + 1), random(9)), "larger than 8 MiB"],
      [concat(Uint8Array.of(CHUNK, 0, 0, 0), u32(1), u32(1), u32(9), random(9)), "out of order"],
      [concat(Uint8Array.of(CHUNK, 1, 0, 0), u32(1), u32(0), u32(1), Uint8Array.of(0xff)), "cannot be inflated"],
    ];
    for (const [frame, detail] of broken) {
      let reason = "";
      const { far, near } = link({ ...NOTHING, closed: (_, error) => (reason = error?.message ?? "") });
      far.hear(frame);
      await settled();
      expect([near.closed, far.closed, lastWord(far), reason]).toEqual([true, true, "malformed", expect.stringContaining(detail)]);
    }
  });

  it("ends with what is no envelope, and says so", async () => {
    const envelope = { v: 1, id: "1", kind: "event", type: "chat", from: "device-proxy", timestamp: 1, body: {} };
    const whole = pack(envelope);
    const wrong = {
      "no MessagePack": Uint8Array.of(0xc1),
      "no map": pack("hello"),
      "cut short": whole.subarray(0, -1),
      "with something behind": concat(whole, whole),
      "of no kind": pack({ ...envelope, kind: "shout" }),
      "nested too deeply": new Uint8Array(10_000).fill(0x91),
    };
    for (const [what, octets] of Object.entries(wrong)) {
      const heard: unknown[] = [];
      const reasons: unknown[] = [];
      const { far, near } = link({
        message: (_, message) => heard.push(message),
        closed: (_, error) => reasons.push(error?.problem.code),
      });
      const lost = expect(near.request("menu", {}, 1_000), what).rejects.toThrow();
      for (const frame of cut(1, octets)) far.hear(frame);
      // What comes behind it is nobody's.
      for (const frame of cut(2, whole)) far.hear(frame);
      await lost;
      await settled();
      expect([near.closed, far.closed, lastWord(far), reasons, heard], what).toEqual([true, true, "malformed", ["malformed"], []]);
    }
  });

  it("ends when more is begun than may wait to be finished", async () => {
    const piece = random(FRAME_MAX - 16);
    const begin = (message: number, total: number): Uint8Array => {
      return concat(Uint8Array.of(CHUNK, 0, 0, 0), u32(message), u32(0), u32(total), piece);
    };
    const { far, near } = link();
    // As much as may be: 16 MiB together.
    far.hear(begin(1, MESSAGE_MAX));
    far.hear(begin(2, MESSAGE_MAX - 2 * piece.length));
    far.hear(begin(3, 2 * piece.length));
    await settled();
    expect([near.closed, lastWord(far)]).toEqual([false, null]);
    far.hear(begin(4, piece.length + 1));
    await settled();
    expect([near.closed, far.closed, lastWord(far)]).toEqual([true, true, "malformed"]);
  });

  it("has room again for what was finished", async () => {
    const { far, near } = link();
    const about = (body: Uint8Array): Uint8Array =>
      pack({ v: 1, id: "1", kind: "event", type: "chat", from: "device-proxy", timestamp: 1, body });
    const large = about(concat(...Array<Uint8Array>(130).fill(random(60_000))));
    for (let message = 0; message < 3; message += 1) for (const frame of cut(message, large)) far.hear(frame);
    await settled();
    expect([near.closed, lastWord(far)]).toEqual([false, null]);
    near.close();
  });

  it("refuses to send what is too large, or cannot be written, and goes on", async () => {
    const { far, near } = link();
    await expect(near.send("chat", new Uint8Array(MESSAGE_MAX))).rejects.toThrow("8 MiB");
    await expect(near.request("chat", { big: 1n << 80n }, 1_000)).rejects.toThrow();
    await near.send("chat", "small");
    expect(far.messages()).toMatchObject([{ body: "small" }]);
    near.close();
  });

  it("keeps a sender waiting while the other side does not read", async () => {
    const { far, near } = link();
    let open = (): void => undefined;
    far.gate = new Promise((resolve) => (open = resolve));
    const sent: number[] = [];
    const large = random(60_000);
    const first = near.send("chat", large).then(() => sent.push(1));
    await settled();
    expect(sent).toEqual([]);
    const bulk = new Uint8Array(MESSAGE_MAX - 1_000);
    void near.send("chat", bulk).catch(() => undefined);
    await expect(near.send("chat", bulk)).rejects.toThrow("too much waits");
    open();
    await first;
    const waiting = near.send("chat", random(60_000));
    near.close();
    await expect(waiting).rejects.toThrow("ended");
  });

  it("lets a small message overtake a large one", async () => {
    const { far, near } = link();
    far.slow = true;
    const large = near.send("print", concat(...Array.from({ length: 10 }, () => random(60_000))));
    await settled();
    await near.send("chat", "small");
    await large;
    expect(far.messages()).toMatchObject([{ type: "chat" }, { type: "print" }]);
    near.close();
  });

  it("answers pings, but not more than leave", async () => {
    const { far, near } = link();
    far.hear(numbered(PING, 7n));
    await settled();
    expect(far.sent.map((octets) => parseFrame(octets))).toContainEqual({ kind: 5, number: 7n });
    far.gate = new Promise(() => undefined);
    for (let ping = 0; ping < 100; ping += 1) far.hear(numbered(PING, 1n));
    expect(near.closed).toBe(true);
  });

  it("ends with the credential of the other side, and with its silence", async () => {
    fakeTimers();
    const expired = link(NOTHING, { ...CALLER, expiresAt: Date.now() });
    const silent = link();
    vi.advanceTimersByTime(2_500);
    expect([expired.near.closed, silent.near.closed]).toEqual([true, false]);
    await settled();
    expect(lastWord(expired.far)).toBe("expired");
    vi.advanceTimersByTime(7_500);
    expect(silent.near.closed).toBe(true);
  });

  it("knows whether the other side is still there", async () => {
    const { far, near } = link();
    const spoken = near.isThere(20);
    far.hear(numbered(PING, 1n));
    await expect(spoken).resolves.toBe(true);
    await expect(near.isThere(20)).resolves.toBe(false);
    near.close();
  });

  it("gives the last word of the other side as the reason of its end", () => {
    let reason = "";
    const { far, near } = link({ ...NOTHING, closed: (_, error) => (reason = error?.problem.code ?? "") });
    const told = { code: "forbidden", title: "not allowed", status: 403, detail: "you are revoked" };
    far.hear(frameOf(CLOSE, pack(told)));
    expect([near.closed, reason]).toEqual([true, "forbidden"]);
  });
});
