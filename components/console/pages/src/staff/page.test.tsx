import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";

import { about } from "../shared/about";
import { Entrance, type House, type Keys } from "../shared/staff";
import type { Door, Fact, Room, SetTarget, Sitting } from "../shared/wire";
import { hotel, house as emptyHouse, MARKUP, order, ticket } from "../testing/specimens";
import { refusal, StubBox } from "../testing/stub-box";
import { StaffPage } from "./page";
import { wordOf } from "./tables-card";

const SITTING: Sitting = {
  sitting: "01890a5d-ac96-774b-bcce-000000000001",
  table: "table-7",
  open: true,
  opened_at: 1_000,
  expires_at: 9_000,
  opened_by: "tablet-1",
  guests: 1,
};

function stubHouse() {
  let sittings: Sitting[] = [];
  return {
    ...emptyHouse,
    sittings: vi.fn(() => Promise.resolve(sittings)),
    openSitting: vi.fn((table: string) => {
      const opened = { ...SITTING, table };
      sittings = [opened];
      return Promise.resolve(opened);
    }),
    closeSitting: vi.fn(() => {
      sittings = [];
      return Promise.resolve();
    }),
    statuses: vi.fn(() =>
      Promise.resolve({
        v: 1 as const,
        components: [
          { component: "uplink", status: { v: 1 as const, version: "1", ready: false, checks: [], backlog: 0 } },
        ],
      }),
    ),
  } satisfies House;
}

async function enter(prepare: (box: StubBox) => void = () => undefined, role = "front-desk") {
  const box = new StubBox();
  box.answers.set(about.orders, () => ({ orders: [] }));
  box.answers.set(about.climate, () => ({ rooms: [] }));
  box.answers.set(about.doors, () => ({ at: Date.now(), doors: [] }));
  box.answers.set(about.printers, () => ({ printers: [] }));
  prepare(box);
  const house = stubHouse();
  const turn = vi.fn<Keys["turn"]>();
  const inside = { hotel, principal: "tablet-1", role, box, house, keys: { turn } };
  const entrance = new Entrance(() => Promise.resolve(inside));
  render(<StaffPage entrance={entrance} />);
  await entrance.arrive();
  return { box, house, turn };
}

afterEach(cleanup);

describe("staff", () => {
  it("without an enrolled tablet are told what to do", async () => {
    const entrance = new Entrance(() => Promise.reject(refusal("forbidden", "this tablet is not enrolled")));
    render(<StaffPage entrance={entrance} />);
    await entrance.arrive();
    expect(await screen.findByText("This tablet is not enrolled.")).toBeTruthy();
  });

  it("confirm what is new and serve what is ready", async () => {
    const { box } = await enter((box) => {
      box.answers.set(about.orders, () => ({ orders: [order(1, "pending"), order(2, "ready")] }));
      box.answers.set(about.orderStatus, ({ status }: { status: string }) =>
        status === "confirmed" ? order(1, "confirmed") : order(2, "served"),
      );
    });
    fireEvent.click(await screen.findByRole("button", { name: "Confirm order 1" }));
    await screen.findByText(/^Confirmed/);
    fireEvent.click(screen.getByRole("button", { name: "Served order 2" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Served order 2" })).toBeNull());
    expect(box.asked.filter((asked) => asked.about === about.orderStatus)).toHaveLength(2);
  });

  it("open a table, show its link, and close it only when they are sure", async () => {
    const { house } = await enter();
    fireEvent.input(await screen.findByLabelText("Table"), { target: { value: " Table 7 " } });
    fireEvent.click(screen.getByRole("button", { name: "Open" }));
    await screen.findByText("http://greengrass.local:8081/t/table-7");
    expect(house.openSitting).toHaveBeenCalledWith("table-7");
    expect(screen.getByRole("img", { name: "QR code of the page for Table 7" })).toBeTruthy();

    fireEvent.click(screen.getByRole("button", { name: "Close Table 7" }));
    expect(house.closeSitting).not.toHaveBeenCalled();
    fireEvent.click(screen.getByRole("button", { name: /^Close it/ }));
    await screen.findByText("No table is open.");
    expect(house.closeSitting).toHaveBeenCalledWith(SITTING.sitting);
  });

  it("set a room and see that it is on its way", async () => {
    const room: Room = { device: "room-101-thermostat", room: "101", online: true, target_celsius: 20 };
    const { box } = await enter((box) => {
      box.answers.set(about.climate, () => ({ rooms: [room] }));
      box.answers.set(about.setClimate, ({ target_celsius }: SetTarget) => ({
        ...room,
        desired_celsius: target_celsius,
      }));
    });
    fireEvent.click(await screen.findByRole("button", { name: "101 warmer" }));
    fireEvent.click(screen.getByRole("button", { name: "Set 101 to 20.5 °C" }));
    await screen.findByText(/20\.5 °C on its way/);
    expect(box.asked.at(-1)?.body).toEqual({ device: room.device, target_celsius: 20.5 });
  });

  it("decide about a ticket that may have been printed", async () => {
    const confirmed = order(1, "confirmed");
    const unsure = ticket(confirmed, { state: "unconfirmed" }, 5_000);
    const { box } = await enter((box) => {
      box.answers.set(about.orders, () => ({ orders: [{ ...confirmed, ticket: unsure }] }));
      box.answers.set(about.printResolve, () => ({ ...unsure, state: "accepted", marked: true, at: 6_000 }));
    });
    fireEvent.click(await screen.findByRole("button", { name: /^Print it again, marked/ }));
    await waitFor(() => expect(screen.queryByRole("button", { name: /^Print it again/ })).toBeNull());
    expect(box.asked.at(-1)?.body).toMatchObject({ decision: "reprint" });
  });

  it("unlock a room only when they are sure, and are told what is known", async () => {
    const door: Door = { device: "room-101-lock", room: "101", online: true, locked: true };
    const facts: Fact[] = [
      { seq: 2, at: 2_000, kind: "outcome", operation: "unlock", outcome: "succeeded" },
      { seq: 1, at: 1_000, kind: "intent", operation: "unlock", actor: { principal: "tablet-1", role: "front-desk" } },
    ];
    const { turn } = await enter((box) => {
      // The box's clock is an hour ahead.
      box.answers.set(about.doors, () => ({ at: Date.now() + 3_600_000, doors: [door] }));
      box.answers.set(about.doorTrail, () => ({ entries: facts.map((body) => ({ body, sha256: "" })) }));
    });
    turn.mockResolvedValueOnce({ execution: "", outcome: "succeeded" });
    fireEvent.click(await screen.findByRole("button", { name: "Unlock 101" }));
    expect(turn).not.toHaveBeenCalled();
    fireEvent.click(screen.getByRole("button", { name: /^Unlock it now/ }));
    await screen.findByText("The lock says that it opened.");
    const [device, operation, expiresAt] = turn.mock.calls[0] ?? [];
    expect([device, operation]).toEqual(["room-101-lock", "unlock"]);
    expect(Math.abs((expiresAt ?? 0) - Date.now() - 3_615_000)).toBeLessThan(5_000);

    fireEvent.click(screen.getByRole("button", { name: "Trail of 101" }));
    await screen.findByText("tablet-1 wants: unlock");
    await screen.findByText("unlock: done");

    turn.mockResolvedValueOnce({ execution: "", outcome: "timed_out" });
    fireEvent.click(await screen.findByRole("button", { name: "Unlock 101" }));
    fireEvent.click(screen.getByRole("button", { name: /^Unlock it now/ }));
    await screen.findByText(/^Not known whether it opened/);

    turn.mockRejectedValueOnce(refusal("forbidden", "this role may not unlock doors"));
    fireEvent.click(await screen.findByRole("button", { name: "Unlock 101" }));
    fireEvent.click(screen.getByRole("button", { name: /^Unlock it now/ }));
    await screen.findByText("Not opened. This role may not unlock doors.");
  });

  it("see which component does not work", async () => {
    await enter();
    await screen.findByText("stopped");
  });

  it("see whatever anybody wrote as text", async () => {
    const { box } = await enter((box) => {
      const lines = [{ item: "soup", name: MARKUP, quantity: 1, price_minor: 1, note: MARKUP }];
      const hostile = order(1, "pending", { lines, note: MARKUP, table: MARKUP });
      box.answers.set(about.orders, () => ({ orders: [hostile] }));
      const room: Room = { device: "x", room: MARKUP, online: false };
      box.answers.set(about.climate, () => ({ rooms: [room] }));
    });
    box.say(about.notification, { title: MARKUP, body: MARKUP });
    await waitFor(() => expect(screen.getAllByText(MARKUP, { exact: false }).length).toBeGreaterThan(5));
    expect(document.querySelector("img, script")).toBeNull();
  });
});

describe("a table's word", () => {
  it("is made of what somebody typed", () => {
    expect([" Table 7", "7", "Terrasse/3", "--", "Ü"].map(wordOf)).toEqual([
      "table-7",
      "7",
      "terrasse-3",
      "",
      "",
    ]);
  });
});
