import { describe, expect, it } from "vitest";

import { type Handlers, Link } from "../src/connection";
import type { Caller } from "../src/credential";
import { Assembly, CHUNK, cut, parseFrame, UNFINISHED_MAX } from "../src/framing";
import { pack, readEnvelope } from "../src/message";
import type { Transport } from "../src/transport";

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
  hear: (frame: Uint8Array) => void = () => undefined;

  async send(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    await Promise.resolve();
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

function link(handlers = NOTHING): { far: Far; near: Link } {
  const far = new Far();
  const near = new Link("01941f29-7c00-7000-8000-0123456789ab", "kitchen-1", CALLER, far, handlers);
  near.start();
  return { far, near };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

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

  it("ends when the other side breaks the frames", () => {
    let reason = "";
    const { far, near } = link({ ...NOTHING, closed: (_, error) => (reason = error?.message ?? "") });
    far.hear(Uint8Array.of(9));
    expect([near.closed, far.closed]).toEqual([true, true]);
    expect(reason).toContain("unknown kind");
  });
});
