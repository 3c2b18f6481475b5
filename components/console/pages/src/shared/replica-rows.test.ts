import { Replica } from "@hospitality-edge/client/replication";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { hotel, house, keys } from "../testing/specimens";
import { StubBox } from "../testing/stub-box";
import { type HotelRoom, messages, rooms, tasks } from "./collections";
import { HotelRows, openReplica } from "./replica-rows";
import { withText } from "./rows";

const ROOM: HotelRoom = { id: "r1", number: "101", floor: 1, type: "standard", status: "dirty", occupied: false };

let replica: Replica;

beforeEach(() => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("the box is away")));
  const key = { publicKey: new Uint8Array(65), sign: () => Promise.resolve(new Uint8Array(64)) };
  const passport = { property: "seaside", principal: "tablet-1", role: "housekeeping", credential: { token: "t" }, key };
  replica = new Replica({ url: "https://box:8000", authorityUrl: "https://box:8444", passport, retryMs: 60_000 });
});

afterEach(async () => {
  await replica.close();
  vi.unstubAllGlobals();
});

describe("a page's rows", () => {
  it("are here at once, and count as unsent while the box is away", async () => {
    const hotelRows = new HotelRows(replica);
    const here = await hotelRows.rows("rooms", rooms);
    await here.put(ROOM);
    await expect.poll(() => here.all.value).toEqual([ROOM]);
    await expect.poll(() => [hotelRows.pending.value, here.isUnsent("r1"), hotelRows.live.value]).toEqual([1, true, false]);
  });

  it("lose a column that is emptied", async () => {
    const here = await new HotelRows(replica).rows("rooms", rooms);
    await here.change("r1", () => ROOM);
    await here.put({ ...ROOM, id: "r2", note: "tap drips" });
    await here.change("r2", (room) => withText({ ...room, status: "clean" }, "note", " "));
    await expect.poll(() => here.all.value?.find(({ id }) => id === "r2")).toEqual({ ...ROOM, id: "r2", status: "clean" });
  });

  it("of tasks and messages have schemas that RxDB takes", async () => {
    const hotelRows = new HotelRows(replica);
    const todo = await hotelRows.rows("tasks", tasks);
    const said = await hotelRows.rows("messages", messages);
    await todo.put({ id: "t1", title: "Lamp", status: "open", created_at: 1 });
    await said.put({ id: "m1", text: "hello", at: 1 });
    await expect.poll(() => [todo.all.value?.length, said.all.value?.length]).toEqual([1, 1]);
    await expect.poll(() => hotelRows.pending.value).toBe(2);
  });

  it("are not opened in a hotel without a replica", async () => {
    const inside = { hotel, principal: "tablet-1", role: "manager", box: new StubBox(), house, keys };
    expect(await openReplica(inside, "rooms")).toBeNull();
  });
});
