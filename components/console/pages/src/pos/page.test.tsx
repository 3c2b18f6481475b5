import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";

import { about } from "../shared/about";
import { Entrance } from "../shared/staff";
import type { Job, JobState, Order, Sitting, Submit } from "../shared/wire";
import { house, hotel, keys, MARKUP, order, ticket } from "../testing/specimens";
import { refusal, StubBox } from "../testing/stub-box";
import { BillPage } from "./page";

const HOUR_MS = 3_600_000;

/** An order of a table, so many hours ago. */
function ago(hours: number, number: number, more: Partial<Order> = {}): Order {
  const at = Date.now() - hours * HOUR_MS;
  return order(number, "served", { history: [{ status: "pending", at, by: "guest-1" }], ...more });
}

function receipt(job: string, state: JobState, at: number): Job {
  return { ...ticket(order(1, "served"), state, at), principal: "tablet-1", route: "receipt", job };
}

async function enter(orders: Order[], sittings: Sitting[] = []): Promise<StubBox> {
  const box = new StubBox();
  box.answers.set(about.orders, () => ({ orders }));
  box.answers.set(about.printStatus, () => {
    throw refusal("not-found", "there is no such job");
  });
  box.answers.set(about.print, ({ job }: Submit) => receipt(job, { state: "printing" }, 1_000));
  const taken = { ...house, sittings: () => Promise.resolve(sittings) };
  const inside = { hotel, principal: "tablet-1", role: "pos", box, house: taken, keys };
  const entrance = new Entrance(() => Promise.resolve(inside));
  render(<BillPage entrance={entrance} />);
  await entrance.arrive();
  return box;
}

async function choose(table: RegExp): Promise<void> {
  fireEvent.click(await screen.findByRole("button", { name: table }));
}

function printed(box: StubBox): Submit[] {
  return box.asked.filter((asked) => asked.about === about.print).map(({ body }) => body as Submit);
}

afterEach(cleanup);

describe("the bill", () => {
  it("has the orders of its table that are not cancelled, and their sum", async () => {
    await enter([ago(1, 1), ago(0.5, 2), ago(0.4, 3, { status: "cancelled" }), ago(0.3, 4, { table: "9" })]);
    await choose(/^Table 7 2/);
    expect(screen.getByText("4 × Soup of the day")).toBeTruthy();
    expect(screen.getByText(/Total/).textContent).toMatch(/26[.,]00/);
    fireEvent.click(screen.getByRole("checkbox", { name: /^No\. 2/ }));
    await screen.findByText("2 × Soup of the day");
  });

  it("leaves out what those before at the table had, until somebody ticks it", async () => {
    const opened = { sitting: "s", table: "table-7", open: true, opened_by: "tablet-1", expires_at: 0, guests: 1 };
    await enter([ago(2, 1), ago(0.5, 2)], [{ ...opened, opened_at: Date.now() - HOUR_MS }]);
    await choose(/^Table 7/);
    await screen.findByText("2 × Soup of the day");
    fireEvent.click(screen.getByRole("checkbox", { name: /^No\. 1/ }));
    await screen.findByText("4 × Soup of the day");
  });

  it("is printed once however often it is tapped, and says how it stands", async () => {
    const box = await enter([ago(1, 1)]);
    await choose(/^Table 7/);
    const button = screen.getByRole("button", { name: "Print the receipt" });
    fireEvent.click(button);
    fireEvent.click(button);
    await screen.findByText("Receipt printing");
    const [submit, ...more] = printed(box);
    expect([submit?.route, more]).toEqual(["receipt", []]);
    const job = submit?.job ?? "";
    box.say(about.printStatus, receipt(job, { state: "held", reason: "paper" }, 2_000));
    await screen.findByText("Receipt waits: no paper");
    box.say(about.printStatus, receipt(job, { state: "done" }, 3_000));
    await screen.findByText("Receipt printed");
    fireEvent.click(screen.getByRole("button", { name: "Print the receipt again" }));
    expect(printed(box)).toHaveLength(1);
    fireEvent.click(screen.getByRole("button", { name: /^Print it, marked/ }));
    await waitFor(() => expect(printed(box)).toHaveLength(2));
    expect(printed(box)[1]?.job).not.toBe(job);
  });

  it("that may have been printed waits for somebody who looks", async () => {
    const box = await enter([ago(1, 1)]);
    box.answers.set(about.print, ({ job }: Submit) => receipt(job, { state: "unconfirmed" }, 1_000));
    box.answers.set(about.printResolve, ({ job }: { job: string }) => receipt(job, { state: "done" }, 2_000));
    await choose(/^Table 7/);
    fireEvent.click(screen.getByRole("button", { name: "Print the receipt" }));
    await screen.findByText("Receipt perhaps printed: look");
    fireEvent.click(await screen.findByRole("button", { name: /^It is there/ }));
    await screen.findByText("Receipt printed");
    expect(box.asked.at(-1)?.body).toMatchObject({ principal: "tablet-1", decision: "printed" });
  });


  it("opens the drawer once each time it is confirmed, and says what became of it", async () => {
    const box = await enter([ago(1, 1)]);
    await choose(/^Table 7/);
    fireEvent.click(screen.getByRole("button", { name: "Open the cash drawer" }));
    expect(printed(box)).toEqual([]);
    fireEvent.click(screen.getByRole("button", { name: /^Open it now/ }));
    await screen.findByText("Drawer opening");
    const [submit] = printed(box);
    expect(submit?.document).toEqual({ kind: "drawer" });
    box.say(about.printStatus, receipt(submit?.job ?? "", { state: "done" }, 2_000));
    await screen.findByText("Drawer opened");
    fireEvent.click(screen.getByRole("button", { name: "Open the cash drawer" }));
    fireEvent.click(screen.getByRole("button", { name: /^Open it now/ }));
    await waitFor(() => expect(printed(box)).toHaveLength(2));
    expect(printed(box)[1]?.job).not.toBe(submit?.job);
  });

  it("says why it is not printed", async () => {
    const box = await enter([ago(1, 1)]);
    box.answers.set(about.print, () => {
      throw refusal("forbidden", "this role does not print there", "route");
    });
    await choose(/^Table 7/);
    fireEvent.click(screen.getByRole("button", { name: "Print the receipt" }));
    await screen.findByText("This role does not print there.");
  });

  it("that was printed before says so when it is chosen", async () => {
    const box = await enter([ago(1, 1)]);
    let first = "";
    box.answers.set(about.printStatus, ({ job }: { job: string }) => {
      first ||= job;
      if (job !== first) throw refusal("not-found", "there is no such job");
      return receipt(job, { state: "done" }, 1_000);
    });
    await choose(/^Table 7/);
    await screen.findByText("Receipt printed");
  });

  it("shows whatever anybody wrote as text", async () => {
    const lines = [{ item: "soup", name: MARKUP, quantity: 1, price_minor: 1, note: MARKUP }];
    await enter([ago(1, 1, { table: MARKUP, lines })]);
    fireEvent.click(await screen.findByRole("button", { name: /img src/ }));
    await waitFor(() => expect(screen.getAllByText(MARKUP, { exact: false }).length).toBeGreaterThan(2));
    expect(document.querySelector("img, script")).toBeNull();
  });
});
