import { describe, expect, it, vi } from "vitest";

import { refusal } from "../testing/stub-box";
import { PeerBox } from "./peer-box";

type Listener = (body: unknown) => void;

function stubConnection() {
  const listeners = new Map<string, Listener>();
  return {
    peer: "device-proxy",
    state: "open" as "connecting" | "open" | "closed",
    request: vi.fn((about: string) => Promise.resolve(about as never)),
    send: () => Promise.resolve(),
    onEvent(about: string, listener: Listener) {
      listeners.set(about, listener);
      return () => listeners.delete(about);
    },
    onRequest: () => () => undefined,
    topology: () => Promise.reject(new Error("not measured here")),
    restartIce: () => Promise.resolve(),
    close: () => Promise.resolve(),
    say: (about: string, body: unknown) => listeners.get(about)?.(body),
  };
}

function stubPeer() {
  const listeners = new Map<string, () => void>();
  const connection = stubConnection();
  return {
    connection,
    signalingMode: "none" as "local" | "cloud" | "none",
    start: vi.fn(),
    stop: vi.fn(() => Promise.resolve()),
    connectTo: vi.fn(() => Promise.resolve(connection)),
    on(event: string, listener: (told?: unknown) => void) {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
    tell: (event: string) => listeners.get(event)?.(),
  };
}

describe("the box as a peer", () => {
  it("is out of reach before it is found, and says so", async () => {
    const peer = stubPeer();
    peer.connectTo.mockReturnValue(new Promise(() => undefined));
    const box = new PeerBox(peer);
    expect(box.reached.value).toBe(false);
    await expect(box.request("menu", {})).rejects.toMatchObject({ problem: { code: "unavailable" } });
    expect(await box.figures()).toBeNull();
  });

  it("is looked for until it is found", async () => {
    vi.useFakeTimers();
    const peer = stubPeer();
    peer.connectTo.mockRejectedValueOnce(refusal("unavailable", "nobody is there"));
    const box = new PeerBox(peer);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(peer.connectTo).toHaveBeenCalledTimes(2);
    expect(box.reached.value).toBe(true);
    vi.useRealTimers();
  });

  it("tells when it is lost and when it is back", async () => {
    const peer = stubPeer();
    const box = new PeerBox(peer);
    const reached = vi.fn();
    box.onReached(reached);
    await expect.poll(() => box.reached.value).toBe(true);
    peer.connection.state = "closed";
    peer.tell("closed");
    expect(box.reached.value).toBe(false);
    peer.connection.state = "open";
    peer.tell("connection");
    expect(box.reached.value).toBe(true);
    expect(reached).toHaveBeenCalledTimes(2);
  });

  it("is heard whoever began to listen first", async () => {
    const peer = stubPeer();
    const box = new PeerBox(peer);
    const early = vi.fn();
    const late = vi.fn();
    box.onEvent("order-status", early);
    await expect.poll(() => box.reached.value).toBe(true);
    const end = box.onEvent("order-status", late);
    peer.connection.say("order-status", 1);
    end();
    peer.connection.say("order-status", 2);
    expect(early.mock.calls).toEqual([[1], [2]]);
    expect(late.mock.calls).toEqual([[1]]);
  });

  it("shows by which server it was found", () => {
    const peer = stubPeer();
    const box = new PeerBox(peer);
    peer.signalingMode = "cloud";
    peer.tell("signaling");
    expect(box.mode.value).toBe("cloud");
  });

  it("is let go", async () => {
    const peer = stubPeer();
    const box = new PeerBox(peer);
    await expect.poll(() => box.reached.value).toBe(true);
    await box.close();
    expect(box.reached.value).toBe(false);
    expect(peer.stop).toHaveBeenCalledOnce();
  });
});
