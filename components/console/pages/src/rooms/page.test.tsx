import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";

import { about } from "../shared/about";
import type { HotelRoom } from "../shared/collections";
import { Entrance } from "../shared/staff";
import { house, hotel, keys, MARKUP } from "../testing/specimens";
import { StubBox } from "../testing/stub-box";
import { StubRows } from "../testing/stub-rows";
import { RoomsPage } from "./page";

function room(number: string, more: Partial<HotelRoom> = {}): HotelRoom {
  const floor = Number(number.charAt(0));
  return { id: `room-${number}`, number, floor, type: "standard", status: "dirty", occupied: false, ...more };
}

async function enter(rooms: HotelRoom[] | null): Promise<StubRows<HotelRoom>> {
  const box = new StubBox();
  box.answers.set(about.orders, () => ({ orders: [] }));
  const inside = { hotel, principal: "tablet-2", role: "housekeeping", box, house, keys };
  const entrance = new Entrance(() => Promise.resolve(inside));
  const rows = new StubRows(rooms ?? []);
  const open = () => Promise.resolve(rooms === null ? null : { standing: rows, rooms: rows });
  render(<RoomsPage entrance={entrance} open={open} />);
  await entrance.arrive();
  return rows;
}

function tile(number: string): HTMLElement {
  return screen.getByRole("button", { name: new RegExp(`^Room ${number}`) });
}

afterEach(cleanup);

describe("the rooms", () => {
  it("stand by floor and number, with all that is known of them", async () => {
    await enter([
      room("210"),
      room("101", { status: "out-of-order", occupied: true, assigned_to: "tablet-5", note: "tap drips" }),
      room("29", { floor: 2, status: "inspected" }),
    ]);
    const floor = within(await screen.findByRole("region", { name: "Floor 2" }));
    expect(floor.getAllByRole("button").map(({ textContent }) => textContent)).toEqual([
      "Room 29freeInspected",
      "Room 210freeDirty",
    ]);
    expect(tile("101").textContent).toBe("Room 101occupiedOut of ordertablet-5tap drips");
  });

  it("are set, taken and given back by whoever is there", async () => {
    const rows = await enter([room("101", { assigned_to: "tablet-5" })]);
    fireEvent.click(await screen.findByRole("button", { name: /^Room 101/ }));
    fireEvent.click(screen.getByRole("button", { name: "Cleaning" }));
    fireEvent.click(screen.getByRole("button", { name: "I take it" }));
    await screen.findByRole("button", { name: "Give it back" });
    expect(rows.row("room-101")).toMatchObject({ status: "cleaning", assigned_to: "tablet-2" });
    fireEvent.click(screen.getByRole("button", { name: "Give it back" }));
    await screen.findByRole("button", { name: "I take it" });
    expect(rows.row("room-101")).not.toHaveProperty("assigned_to");
  });

  it("carry a note, and none when it is wiped out", async () => {
    const rows = await enter([room("101")]);
    fireEvent.click(await screen.findByRole("button", { name: /^Room 101/ }));
    fireEvent.input(screen.getByLabelText("Note"), { target: { value: " lamp broken " } });
    fireEvent.click(screen.getByRole("button", { name: "Save note" }));
    await waitFor(() => expect(rows.row("room-101")?.note).toBe("lamp broken"));
    fireEvent.input(screen.getByLabelText("Note"), { target: { value: "" } });
    fireEvent.click(screen.getByRole("button", { name: "Save note" }));
    await waitFor(() => expect(rows.row("room-101")).not.toHaveProperty("note"));
  });

  it("go on while the box is away, and say what it does not have", async () => {
    const rows = await enter([room("101"), room("102")]);
    await screen.findByText("In step with the box");
    rows.lose();
    fireEvent.click(await screen.findByRole("button", { name: /^Room 101/ }));
    fireEvent.click(screen.getByRole("button", { name: "Clean" }));
    await screen.findByText(/1 change is not yet with the box\./);
    expect(tile("101").textContent).toContain("not yet with the box");
    expect(tile("102").textContent).not.toContain("not yet");
    expect(screen.getByText(/You can go on; what you do is kept/)).toBeTruthy();
  });

  it("can be narrowed to what is to do, and to one's own", async () => {
    await enter([room("101"), room("102", { status: "clean", assigned_to: "tablet-2" })]);
    fireEvent.click(await screen.findByRole("button", { name: "To do 1" }));
    expect(screen.queryByRole("button", { name: /^Room 102/ })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Mine 1" }));
    expect(screen.queryByRole("button", { name: /^Room 101/ })).toBeNull();
    expect(tile("102")).toBeTruthy();
  });

  it("are not there in a hotel without a replica", async () => {
    await enter(null);
    await screen.findByText("This hotel has no replica");
  });

  it("that are not for this role say so", async () => {
    const rows = await enter([]);
    rows.ended.value = { code: "forbidden", title: "not allowed", status: 403, detail: "rooms are not for this role" };
    await screen.findByText("Rooms are not for this role.");
    rows.outdated.value = true;
    await screen.findByRole("button", { name: "Load it anew" });
  });

  it("show whatever anybody wrote as text", async () => {
    await enter([room("101", { number: MARKUP, note: MARKUP, assigned_to: MARKUP, type: MARKUP })]);
    fireEvent.click(await screen.findByRole("button", { name: /^Room/ }));
    await waitFor(() => expect(screen.getAllByText(MARKUP, { exact: false }).length).toBeGreaterThan(3));
    expect(document.querySelector("img, script")).toBeNull();
  });
});
