import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { Passport } from "../src/credential";
import type { Connection } from "../src/held";
import { Peer } from "../src/peer";
import { Hall, type Words } from "./hall";
import { Hotel } from "./specimen";
import { FakeConnection } from "./street";
import { breath, BrowserSocket, fakeTimers, until } from "./time";

let hotel: Hotel;
let tablet: Passport;
let till: Passport;
let box: Passport;
let hall: Hall;
const peers: Peer[] = [];

beforeAll(async () => {
  vi.stubGlobal("WebSocket", BrowserSocket);
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  hotel = new Hotel("seaside");
  tablet = await hotel.person("kitchen-1", "kitchen");
  till = await hotel.person("pos-1", "pos");
  box = hotel.component("device-proxy");
});

beforeEach(async () => {
  FakeConnection.made = [];
  hall = await Hall.open(hotel);
});

afterEach(async () => {
  vi.useRealTimers();
  for (const peer of peers.splice(0)) await peer.stop();
  await hall.close();
});

afterAll(() => {
  hotel.close();
  vi.unstubAllGlobals();
});

async function peer(passport: Passport, capabilities: string[] = []): Promise<Peer> {
  const signalingServers = [{ url: hall.url, mode: "local" as const }];
  const made = new Peer({ passport, authorityCertificate: hotel.ca, signalingServers, capabilities });
  peers.push(made);
  made.start();
  await expect.poll(() => made.signalingMode).toBe("local");
  return made;
}

/** A tablet and the box, and the box's end of every connection. */
async function both(): Promise<{ page: Peer; far: Connection[] }> {
  const answering = await peer(box, ["orders"]);
  const far: Connection[] = [];
  answering.on("connection", (connection) => far.push(connection as Connection));
  return { page: await peer(tablet), far };
}

/** Whom a connection that was told of is with. */
function told(made: Peer): string[] {
  const names: string[] = [];
  made.on("connection", (connection) => names.push((connection as Connection).peer));
  return names;
}

describe("a peer", () => {
  it("asks, answers and tells over one connection", async () => {
    const { page, far } = await both();
    const near = await page.connectTo("orders");
    await expect.poll(() => far.length).toBe(1);
    far[0]?.onRequest("menu", (body) => Promise.resolve({ asked: body }));
    await expect(near.request("menu", { table: "7" })).resolves.toEqual({ asked: { table: "7" } });
    await expect(near.request("bill", {})).rejects.toThrow("nobody answers that");
    const heard: unknown[] = [];
    near.onEvent("chat", () => {
      throw new Error("a listener's own fault");
    });
    near.onEvent("chat", (body) => heard.push(body));
    const complaint = vi.spyOn(console, "error").mockReturnValue(undefined);
    await far[0]?.send("chat", "hello");
    await expect.poll(() => heard).toEqual(["hello"]);
    expect([near.state, page.broadcast("chat", 1), complaint.mock.calls.length]).toEqual(["open", 1, 1]);
    complaint.mockRestore();
  });

  it("gives the candidates it is told to the browser, early ones too", async () => {
    const { page } = await both();
    let held: Words[] = [];
    hall.passing = (message) => {
      // Candidates overtake the answer.
      if (message.type === "answer") setImmediate(() => hall.tell("kitchen-1", message));
      else if (message.from === "device-proxy") hall.tell("kitchen-1", message);
      else held = [...held, message];
      return message.type === "offer" ? message : null;
    };
    await page.connect("device-proxy");
    const offering = FakeConnection.made.find((made) => made.localDescription?.type === "offer");
    await expect.poll(() => offering?.added.length).toBe(1);
    expect(held.map((message) => message.type)).toContain("ice-candidate");
  });

  it("makes a connection anew when it is lost, and it is the same object", async () => {
    const { page, far } = await both();
    const near = await page.connectTo("orders");
    const states: unknown[] = [];
    page.on("closed", () => states.push(near.state));
    await expect.poll(() => far.length).toBe(1);
    await far[0]?.close();
    await expect.poll(() => states).toEqual(["connecting"]);
    await expect.poll(() => near.state, { timeout: 5_000 }).toBe("open");
    expect(await page.connect("device-proxy")).toBe(near);
    await near.close();
    await breath();
    expect(near.state).toBe("closed");
  });

  it("outlives its signaling server", async () => {
    const { page, far } = await both();
    const near = await page.connect("device-proxy");
    await expect.poll(() => far.length).toBe(1);
    await hall.close();
    await expect.poll(() => page.signalingMode).toBe("none");
    far[0]?.onRequest("menu", () => Promise.resolve("soup"));
    await expect(near.request("menu", {})).resolves.toBe("soup");
    hall = await Hall.open(hotel, hall.port);
  });

  it("says at once that somebody is not there, and leaves nobody waiting", async () => {
    const page = await peer(tablet);
    await expect(page.connect("nobody")).rejects.toThrow("unknown-peer");
    await expect(page.connect("kitchen-1")).rejects.toThrow("themselves");
    fakeTimers();
    const seeking = expect(page.connectTo("flying")).rejects.toThrow("no connection in time");
    vi.advanceTimersByTime(12_100);
    await seeking;
    const interrupted = expect(page.connectTo("flying")).rejects.toThrow("stopped");
    await page.stop();
    await interrupted;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("becomes one connection when both call at once", async () => {
    const [one, other] = [await peer(tablet), await peer(till)];
    await expect.poll(() => one.peers.has("pos-1")).toBe(true);
    const [toTill, toTablet] = await Promise.all([one.connect("pos-1"), other.connect("kitchen-1")]);
    toTablet.onRequest("chat", () => Promise.resolve("here"));
    await expect(toTill.request("chat", {})).resolves.toBe("here");
    const connected = FakeConnection.made.filter((made) => made.connectionState === "connected");
    expect(connected.map((made) => made.localDescription?.type)).toEqual(["answer", "offer"]);
  });

  it("restarts a connection that is silent for two seconds, and gives it up after ten more", async () => {
    const { page } = await both();
    const near = await page.connect("device-proxy");
    const [offering] = FakeConnection.made.filter((made) => made.localDescription?.type === "offer");
    const offers: Words[] = [];
    hall.passing = (message) => {
      offers.push(message);
      return null;
    };
    fakeTimers();
    offering?.become("disconnected");
    vi.advanceTimersByTime(2_000);
    await until(() => offers.length > 0);
    expect([offering?.restarts, offers[0]?.negotiation, offers[0]?.type]).toEqual([1, 1, "offer"]);
    offering?.become("connected");
    vi.advanceTimersByTime(20_000);
    expect(near.state).toBe("open");
    offering?.become("disconnected");
    vi.advanceTimersByTime(2_000);
    await breath();
    vi.advanceTimersByTime(10_000);
    await until(() => near.state !== "open");
    expect(offering?.restarts).toBe(2);
  });

  it("stays connected when it looks for a new way without need", async () => {
    const { page } = await both();
    const near = await page.connect("device-proxy");
    hall.passing = () => null;
    fakeTimers();
    await near.restartIce();
    vi.advanceTimersByTime(60_000);
    expect(near.state).toBe("open");
  });
});

describe("a signaling server that lies", () => {
  async function refused(lie: (message: Words) => Words | null, reason: string | RegExp): Promise<void> {
    const { page, far } = await both();
    hall.passing = lie;
    await expect(page.connect("device-proxy")).rejects.toThrow(reason);
    expect(far).toEqual([]);
  }

  const certificate = (pair: string): string => Array<string>(32).fill(pair).join(":");

  it("cannot name other certificates", async () => {
    const swap = (message: Words): Words => ({
      ...message,
      sdp: String(message.sdp).replace(/sha-256 \S+/, `sha-256 ${certificate("AA")}`),
    });
    await refused((message) => (message.sdp === undefined ? message : swap(message)), "connection was lost");
  });

  it("cannot name several", async () => {
    const more = (message: Words): Words => ({
      ...message,
      sdp: `${String(message.sdp)}a=fingerprint:sha-256 ${certificate("AA")}\r\n`,
    });
    await refused((message) => (message.type === "answer" ? more(message) : message), "exactly one fingerprint");
  });

  it("cannot lead a call to somebody else", async () => {
    const otherCalls = told(await peer(till));
    // The till is told that the box calls, the tablet that the box answers.
    const lead = (message: Words): Words => {
      if (message.from === "kitchen-1") return { ...message, to: "pos-1" };
      return message.from === "pos-1" ? { ...message, from: "device-proxy" } : message;
    };
    await refused(lead, "of the hello");
    expect(otherCalls).toEqual([]);
  });

  it("cannot pretend that somebody calls", async () => {
    const [page, other] = [await peer(tablet), await peer(till)];
    const [pageCalls, otherCalls] = [told(page), told(other)];
    hall.passing = (message) => (message.from === "pos-1" ? { ...message, from: "device-proxy" } : message);
    fakeTimers();
    const waiting = expect(other.connect("kitchen-1")).rejects.toThrow();
    await breath();
    vi.advanceTimersByTime(12_100);
    await waiting;
    expect([pageCalls, otherCalls]).toEqual([[], []]);
  });

  it("cannot make a page open more connections than its bound", async () => {
    await peer(tablet);
    for (let call = 0; call < 200; call += 1) {
      const connection = `01941f29-7c00-7000-8000-${String(call).padStart(12, "0")}`;
      const sdp = `v=0\r\na=session:none\r\na=fingerprint:sha-256 ${certificate("AA")}\r\n`;
      hall.tell("kitchen-1", { type: "offer", from: `peer-${call}`, connection, negotiation: 0, sdp });
    }
    await expect.poll(() => FakeConnection.made.length).toBe(64);
    await breath();
    expect(FakeConnection.made.length).toBe(64);
  });
});
