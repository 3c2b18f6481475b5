import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import type { Passport } from "../src/credential";
import { Peer } from "../src/peer";
import type { ServerAddress } from "../src/signaling";
import { Hall } from "./hall";
import { Hotel } from "./specimen";
import { breath, BrowserSocket, fakeTimers, until } from "./time";

let hotel: Hotel;
let tablet: Passport;
let box: Passport;
const open: (Hall | Peer)[] = [];

beforeAll(async () => {
  vi.stubGlobal("WebSocket", BrowserSocket);
  hotel = new Hotel("seaside");
  tablet = await hotel.person("kitchen-1", "kitchen");
  box = hotel.component("device-proxy");
});

afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0).reverse()) await (one instanceof Peer ? one.stop() : one.close());
});

afterAll(() => {
  hotel.close();
  vi.unstubAllGlobals();
});

async function hall(port = 0): Promise<Hall> {
  const opened = await Hall.open(hotel, port);
  open.push(opened);
  return opened;
}

function peer(passport: Passport, signalingServers: ServerAddress[], capabilities: string[] = []): Peer {
  const made = new Peer({ passport, authorityCertificate: hotel.ca, signalingServers, capabilities });
  open.push(made);
  made.start();
  return made;
}

const local = ({ url }: Hall): ServerAddress => ({ url, mode: "local" });
const cloud = ({ url }: Hall): ServerAddress => ({ url, mode: "cloud" });

/** Somebody who listens nowhere. */
async function deserted(): Promise<{ port: number; address: ServerAddress }> {
  const gone = await Hall.open(hotel);
  const { port, url } = gone;
  await gone.close();
  return { port, address: { url, mode: "local" } };
}

describe("signaling", () => {
  it("is joined by proof and says who is there", async () => {
    const server = await hall();
    const one = peer(tablet, [local(server)]);
    await expect.poll(() => one.signalingMode).toBe("local");
    const other = peer(box, [local(server)], ["orders"]);
    await expect.poll(() => one.peers.get("device-proxy")?.capabilities).toEqual(["orders"]);
    expect(one.peers.get("device-proxy")?.standing).toBe("component");
    await other.stop();
    await expect.poll(() => one.peers.size).toBe(0);
  });

  it("goes to the cloud when the hotel's own is away, and back when it returns", async () => {
    const { port, address } = await deserted();
    const far = await hall();
    const one = peer(tablet, [cloud(far), address]);
    const modes: unknown[] = [];
    one.on("signaling", (mode) => modes.push(mode));
    await expect.poll(() => one.signalingMode).toBe("cloud");
    await hall(port);
    await expect.poll(() => one.signalingMode, { timeout: 10_000 }).toBe("local");
    await expect.poll(() => far.present.size).toBe(0);
    expect(modes).toEqual(["cloud", "local"]);
  });

  it("says what was tried when no server is reached", async () => {
    const { address } = await deserted();
    const silent = await hall();
    silent.greeting = "nothing of use";
    const one = peer(tablet, [address, cloud(silent)]);
    await expect.poll(() => silent.greeted).toBeGreaterThan(1);
    fakeTimers();
    const said = `no signaling server is reached: ${address.url}: the server closed the connection, or is not there; ${silent.url}: the server speaks something else`;
    const refused = expect(one.connect("device-proxy")).rejects.toThrow(said);
    vi.advanceTimersByTime(12_100);
    await refused;
    expect(one.signalingMode).toBe("none");
  });

  it("is left when it falls silent", async () => {
    const server = await hall();
    server.answersPings = false;
    server.welcome = { heartbeat_ms: 500 };
    const one = peer(tablet, [local(server)]);
    await expect.poll(() => one.signalingMode).toBe("local");
    await expect.poll(() => one.signalingMode, { timeout: 5_000 }).toBe("none");
  });

  it("is not fought over by two tabs of one tablet", async () => {
    const server = await hall();
    const one = peer(tablet, [local(server)]);
    await expect.poll(() => one.signalingMode).toBe("local");
    fakeTimers();
    server.present.get("kitchen-1")?.socket.close(4001);
    await until(() => one.signalingMode === "none");
    vi.advanceTimersByTime(60_000);
    await breath();
    expect(server.joins).toBe(1);
  });

  it("waits as long as a server that goes asks for", async () => {
    const server = await hall();
    const one = peer(tablet, [local(server)]);
    await expect.poll(() => one.signalingMode).toBe("local");
    fakeTimers();
    server.tell("kitchen-1", { type: "go-away", reconnect_after_ms: 30_000 });
    await until(() => one.signalingMode === "none");
    vi.advanceTimersByTime(29_900);
    await breath();
    expect(server.greeted).toBe(1);
    vi.advanceTimersByTime(500);
    await until(() => server.joins === 2);
  });

  it.each([
    "",
    "null",
    "[]",
    "{}",
    '{"type":"welcome","peers":null}',
    '{"type":"challenge","nonce":"!"}',
    '{"type":"challenge","nonce":"AAAA"}',
    '{"type":"challenge"}',
  ])("is not joined when it begins with %s", async (greeting) => {
    const server = await hall();
    server.greeting = greeting;
    const one = peer(tablet, [local(server)]);
    const served = await hall();
    const other = peer(tablet, [local(server), cloud(served)]);
    await expect.poll(() => other.signalingMode).not.toBe("none");
    expect([server.joins, one.peers.size]).toEqual([0, 0]);
  });

  it("is listened to no further than it makes sense", async () => {
    const server = await hall();
    server.welcome = {
      peers: [null, 7, { id: 7 }, { id: "pos-1", standing: "pos", capabilities: [7, "till"] }],
      ice_servers: [{ urls: ["http://elsewhere"] }, { urls: "stun:x" }, { urls: ["turn:x"] }, {}],
      heartbeat_ms: "often",
    };
    const one = peer(tablet, [local(server)]);
    await expect.poll(() => one.peers.get("pos-1")?.capabilities).toEqual(["till"]);
    const signal = { from: "pos-1", to: "kitchen-1", connection: "01941f29-7c00-7000-8000-0123456789ab" };
    const rubbish = [
      "no JSON",
      "7",
      { type: "peer-joined" },
      { type: "peer-joined", peer: { id: "x", capabilities: "all" } },
      { type: "peer-left" },
      { type: "offer" },
      { ...signal, type: "offer", sdp: 7 },
      { ...signal, type: "offer", sdp: "x".repeat(9_000) },
      { ...signal, type: "answer", sdp: "v=0" },
      { ...signal, type: "ice-candidate", candidate: { candidate: 7 } },
      { ...signal, type: "ice-candidate", candidate: "yes" },
      { type: "undeliverable", to: "pos-1" },
      { type: "undeliverable", ...signal, reason: "expired" },
      { type: "problem" },
      { type: "of-tomorrow" },
    ];
    rubbish.forEach((said) => server.tell("kitchen-1", said));
    server.tell("kitchen-1", { type: "peer-joined", peer: { id: "last", standing: "pos" } });
    await expect.poll(() => one.peers.has("last")).toBe(true);
    expect([one.signalingMode, one.peers.size, server.joins]).toEqual(["local", 2, 1]);
  });
});
