import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";

import { about } from "../shared/about";
import type { GuestMessage, StaffMessage, Task } from "../shared/collections";
import { Entrance } from "../shared/staff";
import { house, hotel, keys, MARKUP } from "../testing/specimens";
import { StubBox } from "../testing/stub-box";
import { StubRows } from "../testing/stub-rows";
import { DeskPage } from "./page";

const READY: StaffMessage = {
  id: "m1",
  author: "tablet-1",
  role: "front-desk",
  room: "205",
  text: "Room 205 ready?",
  at: 1_000,
};
const LAMP: Task = { id: "t1", title: "Change the lamp", room: "101", status: "open", created_at: 1_000 };

async function enter(said: StaffMessage[] = [], todo: Task[] = [], wrote: GuestMessage[] | null = null) {
  const box = new StubBox();
  box.answers.set(about.orders, () => ({ orders: [] }));
  const inside = { hotel, principal: "tablet-2", role: "housekeeping", box, house, keys };
  const entrance = new Entrance(() => Promise.resolve(inside));
  const [messages, tasks] = [new StubRows(said), new StubRows(todo)];
  const guests = wrote && new StubRows(wrote);
  const open = () => Promise.resolve({ standing: messages, messages, tasks, guests });
  render(<DeskPage entrance={entrance} open={open} />);
  await entrance.arrive();
  await screen.findByRole("heading", { name: "Messages" });
  return { messages, tasks, guests };
}

function write(label: string, value: string): void {
  fireEvent.input(screen.getByLabelText(label), { target: { value } });
}

afterEach(cleanup);

describe("the desk", () => {
  it("says a message about a room, in the name of its tablet", async () => {
    const { messages } = await enter();
    write("Message", " towels, please ");
    write("Room, if any", "205");
    fireEvent.click(screen.getByRole("button", { name: "Send" }));
    await screen.findByText("towels, please");
    const [said] = messages.all.value ?? [];
    expect(said).toMatchObject({ author: "tablet-2", role: "housekeeping", room: "205", text: "towels, please" });
    expect(screen.getByLabelText<HTMLTextAreaElement>("Message").value).toBe("");
  });

  it("asks whether a room is ready with one tap", async () => {
    const { messages } = await enter();
    write("Room, if any", "205");
    fireEvent.click(screen.getByRole("button", { name: "Ask “Room 205 ready?”" }));
    await waitFor(() => expect(messages.all.value?.[0]).toMatchObject({ room: "205", text: "Room 205 ready?" }));
  });

  it("answers somebody about the same room", async () => {
    const { messages } = await enter([READY]);
    fireEvent.click(screen.getByRole("button", { name: "Answer" }));
    expect(screen.getByLabelText<HTMLInputElement>("Room, if any").value).toBe("205");
    write("Message", "@tablet-1 in ten minutes");
    fireEvent.click(screen.getByRole("button", { name: "Send" }));
    await waitFor(() => expect(messages.all.value?.[1]).toMatchObject({ room: "205", text: "@tablet-1 in ten minutes" }));
  });

  it("shows what guests wrote and how it sounds, to those who read it", async () => {
    const wrote: GuestMessage[] = [
      { id: "g1", guest: "guest-1", place: "table-7", text: MARKUP, at: 2_000, sentiment: "negative", topic: "room" },
      { id: "g2", guest: "guest-2", text: "Hello", at: 1_000 },
      { id: "g3", guest: "guest-3", text: "Lovely", at: 500, sentiment: "positive", degraded: true },
    ];
    const { guests } = await enter([], [], wrote);
    expect(screen.getByText(MARKUP)).toBeTruthy();
    for (const sounds of ["negative", "not read by a model", "positive, by rules"]) {
      expect(screen.getByText(sounds)).toBeTruthy();
    }
    const [first] = screen.getAllByRole("button", { name: "I see to it" });
    if (first) fireEvent.click(first);
    await waitFor(() => expect(guests?.all.value?.find(({ id }) => id === "g1")?.answered_by).toBe("tablet-2"));
    cleanup();
    await enter();
    expect(screen.queryByText("From guests")).toBeNull();
  });

  it("shows the newest message first", async () => {
    await enter([READY, { id: "m2", text: "Good morning", at: 2_000 }]);
    expect(screen.getAllByText(/ready\?|Good morning/).map(({ textContent }) => textContent.trim())).toEqual([
      "Good morning",
      "Room 205 Room 205 ready?",
    ]);
  });

  it("makes a message a task, which somebody takes and finishes", async () => {
    const { tasks } = await enter([READY]);
    fireEvent.click(screen.getByRole("button", { name: "Make it a task" }));
    fireEvent.click(screen.getByRole("button", { name: "Make task" }));
    fireEvent.click(await screen.findByRole("button", { name: "I take it: Room 205 ready?" }));
    expect(tasks.all.value?.[0]).toMatchObject({ room: "205", created_by: "tablet-2" });
    fireEvent.click(await screen.findByRole("button", { name: "Done: Room 205 ready?" }));
    await screen.findByText("Nothing to do.");
    expect(tasks.all.value?.[0]).toMatchObject({ status: "done", assigned_to: "tablet-2" });
  });

  it("gives a task back, and cancels one only when somebody is sure", async () => {
    const { tasks } = await enter([], [LAMP]);
    fireEvent.click(screen.getByRole("button", { name: "I take it: Change the lamp" }));
    fireEvent.click(await screen.findByRole("button", { name: "Give back: Change the lamp" }));
    await waitFor(() => expect(tasks.row("t1")).toEqual(LAMP));
    fireEvent.click(screen.getByRole("button", { name: "Cancel Change the lamp" }));
    expect(tasks.row("t1")?.status).toBe("open");
    fireEvent.click(screen.getByRole("button", { name: /^Cancel the task/ }));
    await waitFor(() => expect(tasks.row("t1")?.status).toBe("cancelled"));
  });

  it("keeps what is said while the box is away, and says so", async () => {
    const { messages } = await enter();
    messages.lose();
    write("Message", "hello");
    fireEvent.click(screen.getByRole("button", { name: "Send" }));
    await screen.findByText("not yet with the box");
  });

  it("shows whatever anybody wrote as text", async () => {
    await enter(
      [{ id: "m", author: MARKUP, role: MARKUP, room: MARKUP, text: MARKUP, at: 1 }],
      [{ id: "t", title: MARKUP, room: MARKUP, status: "taken", assigned_to: MARKUP, note: MARKUP, created_at: 1, created_by: MARKUP }],
    );
    await waitFor(() => expect(screen.getAllByText(MARKUP, { exact: false }).length).toBeGreaterThan(5));
    expect(document.querySelector("img, script")).toBeNull();
  });
});
