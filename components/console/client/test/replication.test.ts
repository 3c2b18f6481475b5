import { p256 } from "@noble/curves/nist.js";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import type { RxCollection, RxStorage } from "rxdb/plugins/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { plainKey } from "../src/key";
import { Replica, type RxJsonSchema } from "../src/replication";
import { Rows } from "./rows";

interface Room {
  id: string;
  status: string;
  note?: string;
  floor?: number;
}

const SCHEMA: RxJsonSchema<Room> = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id: { type: "string", maxLength: 100 },
    status: { type: "string" },
    note: { type: "string" },
    floor: { type: "integer" },
  },
  required: ["id", "status"],
};

let box: Rows;
const storage: RxStorage<unknown, unknown> = getRxStorageMemory();
let database = 0;
const open: Replica[] = [];

beforeEach(() => {
  box = new Rows();
  // What is in memory is shared by all tests of a process, by its name.
  database += 1;
  vi.stubGlobal("fetch", box.fetch);
});

afterEach(async () => {
  for (const replica of open.splice(0)) await replica.close();
  vi.unstubAllGlobals();
});

function replica(): Replica {
  const key = plainKey(p256.utils.randomSecretKey());
  const credential = { token: "t" };
  const passport = { property: "seaside", principal: "tablet-1", role: "housekeeping", credential, key };
  const made = new Replica({
    url: "https://box:8000",
    authorityUrl: "https://box:8444",
    passport,
    name: `test-${database}`,
    storage,
    retryMs: 20,
  });
  open.push(made);
  return made;
}

async function rooms(): Promise<{ replica: Replica; rooms: RxCollection<Room> }> {
  const made = replica();
  const collection = await made.collection("rooms", SCHEMA);
  await expect.poll(() => made.stats.live).toBe(true);
  return { replica: made, rooms: collection };
}

function room(id: string, status: string, more: Partial<Room> = {}) {
  return { id, status, ...more, _deleted: false };
}

async function statusOf(collection: RxCollection<Room>, id: string): Promise<string | undefined> {
  return (await collection.findOne(id).exec())?.status;
}

describe("the hotel's rows", () => {
  // console-7.3
  it("come in pages, each from the whole place of the one before", async () => {
    for (let number = 0; number < 450; number += 1) box.keep("rooms", room(`r${number}`, "dirty"));
    const { rooms: here } = await rooms();
    await expect.poll(() => here.count().exec()).toBe(450);
    const places = box.asked.filter((asked) => asked.includes("/pull")).map((asked) => new URLSearchParams(asked.split("?")[1]));
    expect(places[0]?.toString()).toBe("limit=200");
    expect(places.map((place) => place.get("seq"))).toEqual(expect.arrayContaining(["200", "400"]));
    expect(places.slice(1).every((place) => place.get("epoch") === "e/1&x=ü" && place.get("xid") === "7")).toBe(true);
  });

  // console-7.3
  it("move here as they move there, however the stream is cut into pieces", async () => {
    box.piece = 1;
    const { rooms: here } = await rooms();
    box.write("rooms", room("101", "clean", { note: "Fenster öffnen – 🪟\nund\r\nlüften" }));
    await expect.poll(() => statusOf(here, "101")).toBe("clean");
    expect((await here.findOne("101").exec())?.note).toBe("Fenster öffnen – 🪟\nund\r\nlüften");
    box.write("rooms", { ...room("101", ""), _deleted: true });
    await expect.poll(() => statusOf(here, "101")).toBeUndefined();
  });

  it("of several collections come on one stream", async () => {
    const made = replica();
    const here = await made.collection("rooms", SCHEMA);
    const there = await made.collection("other rooms", SCHEMA);
    const streams = (): string[] => box.asked.filter((asked) => asked.includes("/stream"));
    await expect.poll(() => streams().at(-1)).toContain("rooms%2Cother+rooms");
    await expect.poll(() => made.stats.live).toBe(true);
    expect(box.streams).toBe(1);
    box.write("rooms", room("101", "clean"));
    box.write("other rooms", room("201", "dirty"));
    await expect.poll(() => statusOf(here, "101")).toBe("clean");
    await expect.poll(() => statusOf(there, "201")).toBe("dirty");
    expect(box.asked.some((asked) => asked.startsWith("GET /api/replication/other%20rooms/0/pull"))).toBe(true);
  });

  // console-7.2
  it("go to the box, and count as unsent until they are there", async () => {
    const { replica: made, rooms: here } = await rooms();
    box.reached = false;
    await box.cut();
    await expect.poll(() => made.stats.live).toBe(false);
    await here.insert({ id: "101", status: "dirty" });
    await expect.poll(() => made.stats).toMatchObject({ pending: 1, unsent: ["rooms/101"] });
    box.reached = true;
    await expect.poll(() => box.row("rooms", "101")?.status, { timeout: 5_000 }).toBe("dirty");
    await expect.poll(() => made.stats).toMatchObject({ pending: 0, unsent: [], live: true });
  });

  // console-7.2
  it("that were not sent are sent after the page was closed and opened again", async () => {
    const { replica: made, rooms: here } = await rooms();
    box.reached = false;
    await here.insert({ id: "101", status: "dirty" });
    await expect.poll(() => made.stats.pending).toBe(1);
    await made.close();
    const next = replica();
    await next.collection("rooms", SCHEMA);
    await expect.poll(() => next.stats).toMatchObject({ pending: 1, live: false });
    box.reached = true;
    await expect.poll(() => box.row("rooms", "101")?.status, { timeout: 5_000 }).toBe("dirty");
    await expect.poll(() => next.stats.pending).toBe(0);
  });

  // console-7.4
  it("become what the box answers when somebody else was there first", async () => {
    box.keep("rooms", room("101", "dirty", { floor: 1 }));
    const { replica: made, rooms: here } = await rooms();
    await expect.poll(() => statusOf(here, "101")).toBe("dirty");
    await box.cut();
    box.keep("rooms", room("101", "clean", { floor: 1 }));
    await (await here.findOne("101").exec(true)).incrementalPatch({ status: "cleaning", note: "mine" });
    await expect.poll(() => statusOf(here, "101")).toBe("clean");
    expect((await here.findOne("101").exec())?.note).toBe("mine");
    expect(box.row("rooms", "101")).toMatchObject({ status: "clean", note: "mine" });
    await expect.poll(() => made.stats.pending).toBe(0);
  });

  // console-7.4
  it("changed faster than the box answers end as they were changed last", async () => {
    box.keep("rooms", room("101", "dirty"));
    const { replica: made, rooms: here } = await rooms();
    await expect.poll(() => statusOf(here, "101")).toBe("dirty");
    box.beforePush = () => new Promise((resolve) => setTimeout(resolve, 5));
    for (let edit = 1; edit <= 30; edit += 1) {
      await (await here.findOne("101").exec(true)).incrementalPatch({ note: `edit ${edit}` });
      if (edit % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 8));
    }
    await expect.poll(() => box.row("rooms", "101")?.note).toBe("edit 30");
    await expect.poll(() => made.stats.pending).toBe(0);
    expect((await here.findOne("101").exec())?.note).toBe("edit 30");
  });

  // console-7.3
  it("that moved while the stream was down are pulled when it is up again", async () => {
    const { rooms: here } = await rooms();
    await box.cut();
    box.keep("rooms", room("101", "clean"));
    await expect.poll(() => box.streams).toBe(1);
    await expect.poll(() => statusOf(here, "101")).toBe("clean");
  });

  // console-7.5
  it("are asked for with the next token when one is refused, and before it ends", async () => {
    const { rooms: here } = await rooms();
    expect(box.bearers).toBe(1);
    box.goodFrom = 2;
    await here.insert({ id: "101", status: "dirty" });
    await expect.poll(() => box.row("rooms", "101")?.status).toBe("dirty");
    expect(box.bearers).toBe(2);
    box.lifeMs = 30_000;
    box.goodFrom = 3;
    await here.insert({ id: "102", status: "dirty" });
    await expect.poll(() => box.row("rooms", "102")?.status).toBe("dirty");
    await here.insert({ id: "103", status: "dirty" });
    await expect.poll(() => box.row("rooms", "103")?.status).toBe("dirty");
    expect(box.bearers).toBeGreaterThanOrEqual(4);
  });

  // console-7.5
  it("of a collection that is not for this role end, and the others go on", async () => {
    box.refusals.set("guests", 403);
    const made = replica();
    const here = await made.collection("rooms", SCHEMA);
    await made.collection("guests", SCHEMA);
    await expect.poll(() => made.stats.ended.guests?.detail).toBe("refused with 403");
    await expect.poll(() => made.stats.live).toBe(true);
    box.write("rooms", room("101", "clean"));
    await expect.poll(() => statusOf(here, "101")).toBe("clean");
    const asked = box.asked.filter((path) => path.includes("guests/")).length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(box.asked.filter((path) => path.includes("guests/"))).toHaveLength(asked);
    expect(made.stats.outdated).toBe(false);
  });

  // console-7.5
  it("of another schema version ask for the page to be loaded anew", async () => {
    box.refusals.set("rooms", 426);
    const made = replica();
    await made.collection("rooms", SCHEMA);
    await expect.poll(() => made.stats.outdated).toBe(true);
    expect(made.stats.ended.rooms?.status).toBe(426);
  });

  // console-7.5
  it.each([429, 503, 500])("are asked for again after a %i", async (status) => {
    box.keep("rooms", room("101", "clean"));
    box.refusals.set("rooms", status);
    const made = replica();
    const here = await made.collection("rooms", SCHEMA);
    await expect.poll(() => box.asked.filter((asked) => asked.includes("/pull")).length).toBeGreaterThan(2);
    expect(await here.count().exec()).toBe(0);
    box.refusals.clear();
    await expect.poll(() => statusOf(here, "101")).toBe("clean");
    expect(made.stats.ended).toEqual({});
  });

  it("of a page with another schema begin anew", async () => {
    box.keep("rooms", room("101", "clean"));
    const { replica: made } = await rooms();
    await made.close();
    const next = replica();
    const here = await next.collection("rooms", { ...SCHEMA, title: "a room" });
    await expect.poll(() => statusOf(here, "101")).toBe("clean");
  });
});
