import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { Passport } from "../src/credential";
import type { Connection } from "../src/held";
import { Peer } from "../src/peer";
import { ProblemError } from "../src/problem";
import { Hall, type Words } from "./hall";
import { Hotel } from "./specimen";
import { FakeConnection } from "./street";
import { breath, BrowserSocket, fakeTimers, pass, until } from "./time";

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

async function peer(passport: Passport, capabilities: string[] = [], cloud: Hall[] = []): Promise<Peer> {
  const signalingServers = [
    { url: hall.url, mode: "local" as const },
    ...cloud.map(({ url }) => ({ url, mode: "cloud" as const })),
  ];
  const made = new Peer({ passport, authorityCertificate: hotel.ca, signalingServers, capabilities });
  peers.push(made);
  made.start();
  await until(() => made.signalingMode === "local");
  return made;
}

/** A tablet and the box, and the box's end of every connection. */
async function both(cloud: Hall[] = []): Promise<{ page: Peer; answering: Peer; far: Connection[] }> {
  const answering = await peer(box, ["orders"], cloud);
  const far: Connection[] = [];
  answering.on("connection", (connection) => far.push(connection as Connection));
  return { page: await peer(tablet, [], cloud), answering, far };
}

interface Opened {
  page: Peer;
  near: Connection;
  offering: FakeConnection;
  answering: FakeConnection;
}

/** An open connection with both its ends, whose timers are the test's. */
async function opened(): Promise<Opened> {
  fakeTimers();
  // The server's own heartbeat is not what is tried.
  hall.welcome = { heartbeat_ms: 60_000 };
  const { page, far } = await both();
  const near = await page.connect("device-proxy");
  await until(() => far.length === 1);
  far[0]?.onRequest("menu", () => Promise.resolve("soup"));
  const side = (type: string): FakeConnection => {
    const found = FakeConnection.made.find((made) => made.localDescription?.type === type);
    if (found === undefined) throw new Error(`nobody has made an ${type}`);
    return found;
  };
  return { page, near, offering: side("offer"), answering: side("answer") };
}

/** What is said to anybody from now on, and is not passed on. */
function intercepted(): Words[] {
  const said: Words[] = [];
  hall.passing = (message) => {
    said.push(message);
    return null;
  };
  return said;
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
    near.onRequest("ready", () => Promise.resolve(true));
    await expect(far[0]?.request("ready", {})).resolves.toBe(true);
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
    const { page, answering, far } = await both();
    const near = await page.connect("device-proxy");
    await expect.poll(() => far.length).toBe(1);
    far[0]?.onRequest("menu", () => Promise.resolve("soup"));
    await hall.close();
    await expect.poll(() => [page.signalingMode, answering.signalingMode]).toEqual(["none", "none"]);
    await expect(near.request("menu", {})).resolves.toBe("soup");
    hall = await Hall.open(hotel, hall.port);
    const modes = (): string[] => [page.signalingMode, answering.signalingMode];
    await expect.poll(modes, { timeout: 10_000 }).toEqual(["local", "local"]);
    await expect(near.request("menu", {})).resolves.toBe("soup");
    expect(FakeConnection.made.map((made) => made.connectionState)).toEqual(["connected", "connected"]);
  }, 15_000);

  it("goes on over the cloud while the hotel's own server is away, with the same connection", async () => {
    const cloud = await Hall.open(hotel);
    try {
      const { page, answering, far } = await both([cloud]);
      const modes: unknown[] = [];
      page.on("signaling", (mode) => modes.push(mode));
      const near = await page.connect("device-proxy");
      await expect.poll(() => far.length).toBe(1);
      far[0]?.onRequest("menu", () => Promise.resolve("soup"));
      await hall.close();
      const now = (): string[] => [page.signalingMode, answering.signalingMode];
      await expect.poll(now, { timeout: 10_000 }).toEqual(["cloud", "cloud"]);
      await expect.poll(() => page.peers.has("device-proxy")).toBe(true);
      await expect(near.request("menu", {})).resolves.toBe("soup");
      // A new way is found by the other server.
      const offering = FakeConnection.made.find((made) => made.localDescription?.type === "offer");
      FakeConnection.made.forEach((made) => made.become("disconnected"));
      await near.restartIce();
      await expect.poll(() => FakeConnection.made.map((made) => made.connectionState)).toEqual(["connected", "connected"]);
      expect(offering?.restarts).toBe(1);
      hall = await Hall.open(hotel, hall.port);
      await expect.poll(now, { timeout: 10_000 }).toEqual(["local", "local"]);
      await expect(near.request("menu", {})).resolves.toBe("soup");
      // Between the two there may be none.
      expect(modes.filter((mode) => mode !== "none")).toEqual(["cloud", "local"]);
      expect([FakeConnection.made.length, far.length]).toEqual([2, 1]);
      await expect.poll(() => cloud.present.size).toBe(0);
    } finally {
      await cloud.close();
    }
  }, 30_000);

  it("says at once that somebody is not there, and leaves nobody waiting", async () => {
    const page = await peer(tablet);
    fakeTimers();
    // No time passes.
    await expect(page.connect("nobody")).rejects.toThrow("unknown-peer");
    await expect(page.connect("kitchen-1")).rejects.toThrow("themselves");
    const seeking = expect(page.connectTo("flying")).rejects.toThrow("no connection in time");
    vi.advanceTimersByTime(12_100);
    await seeking;
    const interrupted = expect(page.connectTo("flying")).rejects.toThrow("stopped");
    await page.stop();
    await interrupted;
    // The socket has a timer of its own until the server has said goodbye too.
    await until(() => vi.getTimerCount() === 0);
  });

  it("fails at an answer that WebRTC cannot use, and the next call succeeds", async () => {
    fakeTimers();
    const { page, far } = await both();
    hall.passing = (message) =>
      message.type === "answer" ? { ...message, sdp: String(message.sdp).replace("v=0", "v=one") } : message;
    // No time passes: neither call waits for the end of the other.
    const failed: unknown = await page.connect("device-proxy").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ProblemError);
    expect((failed as ProblemError).problem).toMatchObject({
      code: "malformed",
      field: "sdp",
      detail: expect.stringMatching(/^the answer cannot be used: .*SessionDescription/) as string,
    });
    const [first] = FakeConnection.made;
    expect([first?.localDescription?.type, first?.remoteDescription, far]).toEqual(["offer", null, []]);
    hall.passing = (message) => message;
    const near = await page.connect("device-proxy");
    await until(() => far.length === 1);
    far[0]?.onRequest("menu", () => Promise.resolve("soup"));
    await expect(near.request("menu", {})).resolves.toBe("soup");
    // Nothing of the first call comes after the second: both its ends are let go.
    await pass(20_000);
    expect(near.state).toBe("open");
    const states = FakeConnection.made.map((made) => `${made.localDescription?.type} ${made.connectionState}`);
    expect(states.sort()).toEqual(["answer closed", "answer connected", "offer closed", "offer connected"]);
  });

  it("leaves nothing behind", async () => {
    fakeTimers();
    const { page, answering, far } = await both();
    const near = await page.connect("device-proxy");
    await until(() => far.length === 1);
    far[0]?.onRequest("menu", () => new Promise(() => undefined));
    const lost = expect(near.request("menu", {})).rejects.toThrow("the connection has ended");
    await page.stop();
    await answering.stop();
    await lost;
    // The last words may take half a second to leave.
    await pass(500);
    await until(() => vi.getTimerCount() === 0 && hall.present.size === 0);
    expect(FakeConnection.made.map((made) => made.connectionState)).toEqual(["closed", "closed"]);
    expect([near.state, page.signalingMode, page.peers.size]).toEqual(["closed", "none", 0]);
  });

  it("becomes one connection when both call at once: that of the greater name", async () => {
    const [one, other] = [await peer(tablet), await peer(till)];
    await expect.poll(() => one.peers.has("pos-1")).toBe(true);
    const connections = [told(one), told(other)];
    const said: Words[] = [];
    hall.passing = (message) => {
      said.push(message);
      return message;
    };
    const [toTill, toTablet] = await Promise.all([one.connect("pos-1"), other.connect("kitchen-1")]);
    toTablet.onRequest("chat", () => Promise.resolve("here"));
    await expect(toTill.request("chat", {})).resolves.toBe("here");
    toTill.onRequest("chat", () => Promise.resolve("there"));
    await expect(toTablet.request("chat", {})).resolves.toBe("there");
    const of = (type: string): Words[] => said.filter((message) => message.type === type);
    // Both have offered; the offer of the till was answered.
    expect(of("offer").map((offer) => offer.from).sort()).toEqual(["kitchen-1", "pos-1"]);
    const counted = of("offer").find((offer) => offer.from === "pos-1");
    expect(of("answer").map(({ from, connection }) => ({ from, connection }))).toEqual([
      { from: "kitchen-1", connection: counted?.connection },
    ]);
    expect(connections).toEqual([["pos-1"], ["kitchen-1"]]);
    const states = FakeConnection.made.map((made) => `${made.localDescription?.type} ${made.connectionState}`);
    expect(states.sort()).toEqual(["answer connected", "offer closed", "offer connected"]);
  });

  it("finds a new way for a connection that is silent for two seconds", async () => {
    const { near, offering, answering } = await opened();
    [offering, answering].forEach((side) => side.become("disconnected"));
    await pass(1_999);
    expect(offering.restarts).toBe(0);
    await pass(1);
    await until(() => [offering, answering].every((side) => side.connectionState === "connected"));
    await pass(20_000);
    await expect(near.request("menu", {})).resolves.toBe("soup");
    expect([offering.restarts, answering.restarts, FakeConnection.made.length]).toEqual([1, 0, 2]);
  });

  it("restarts with the next negotiation, and gives it up after ten seconds", async () => {
    const { page, near, offering } = await opened();
    const said = intercepted();
    const reasons: unknown[] = [];
    page.on("closed", (closed) => reasons.push((closed as { reason: Error | null }).reason?.message));
    offering.become("disconnected");
    await pass(2_000);
    await until(() => said.length > 0);
    expect([offering.restarts, said[0]?.negotiation, said[0]?.type]).toEqual([1, 1, "offer"]);
    // It comes back by itself.
    offering.become("connected");
    await pass(20_000);
    await expect(near.request("menu", {})).resolves.toBe("soup");
    offering.become("disconnected");
    await pass(2_000);
    await until(() => said.some((message) => message.negotiation === 2));
    await pass(9_999);
    expect(near.state).toBe("open");
    await pass(1);
    expect([near.state, offering.restarts]).toEqual(["connecting", 2]);
    expect(reasons).toEqual([expect.stringContaining("the connection was lost")]);
  });

  it("stays connected when it looks for a new way without need", async () => {
    const { near } = await opened();
    const said = intercepted();
    await near.restartIce();
    await until(() => said.some((message) => message.type === "offer"));
    await pass(20_000);
    await expect(near.request("menu", {})).resolves.toBe("soup");
  });

  it("stays connected when a new way can be offered to nobody", async () => {
    const { page, near } = await opened();
    const said = intercepted();
    await near.restartIce();
    await until(() => said.some((message) => message.type === "offer"));
    const connection = said[0]?.connection;
    hall.tell("kitchen-1", { type: "undeliverable", to: "device-proxy", connection, reason: "offline" });
    // When this is known, so is what was said before it.
    hall.tell("kitchen-1", { type: "peer-joined", peer: { id: "last", standing: "pos", capabilities: [] } });
    await until(() => page.peers.has("last"));
    await expect(near.request("menu", {})).resolves.toBe("soup");
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
    // The tablet is told that the box calls; what it answers is led back to the till.
    hall.passing = (message) =>
      message.from === "pos-1" ? { ...message, from: "device-proxy" } : { ...message, to: "pos-1" };
    await expect(other.connect("kitchen-1")).rejects.toThrow("of the hello");
    await expect.poll(() => FakeConnection.made.filter((made) => made.channel?.readyState === "closed").length).toBe(2);
    expect([pageCalls, otherCalls]).toEqual([[], []]);
  });

  it("cannot connect a page to itself", async () => {
    const page = await peer(tablet);
    const calls = told(page);
    const back = "01941f29-7c00-7000-8000-0123456789ab";
    let connection: unknown;
    // The page's own offer comes back as a call of the till, its answer as that of the box.
    hall.passing = (message) => {
      if (message.type === "ice-candidate") return null;
      if (message.type === "offer") {
        ({ connection } = message);
        return { ...message, to: "kitchen-1", from: "pos-1", connection: back };
      }
      return { ...message, to: "kitchen-1", from: "device-proxy", connection };
    };
    await expect(page.connect("device-proxy")).rejects.toThrow("of the hello");
    await expect.poll(() => FakeConnection.made.map((made) => made.channel?.readyState)).toEqual(["closed", "closed"]);
    expect(calls).toEqual([]);
  });

  it("cannot put another certificate into a connection", async () => {
    const { near, offering } = await opened();
    hall.passing = (message) =>
      message.type === "answer"
        ? { ...message, sdp: `v=0\r\na=fingerprint:sha-256 ${certificate("AA")}\r\n` }
        : message;
    await near.restartIce();
    await until(() => near.state !== "open");
    expect(offering.remoteDescription?.sdp).not.toContain(certificate("AA"));
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
