import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";

import { about } from "../shared/about";
import { JobBook } from "../shared/jobs";
import { OrderBook } from "../shared/orders";
import type { Order } from "../shared/wire";
import { MARKUP, order, ticket } from "../testing/specimens";
import { refusal, StubBox } from "../testing/stub-box";
import { Board } from "./board";

function display(orders: Order[]): StubBox {
  const box = new StubBox();
  box.answers.set(about.orders, () => ({ orders }));
  const book = new OrderBook(box);
  render(<Board book={book} jobs={new JobBook(box, book)} />);
  return box;
}

function column(title: RegExp): HTMLElement {
  return screen.getByRole("region", { name: title });
}

afterEach(cleanup);

describe("the kitchen's display", () => {
  it("shows each open order once, in its column, the oldest first", async () => {
    display([order(3, "pending"), order(1, "pending"), order(2, "preparing"), order(4, "served")]);
    await screen.findByText(/No. 3/);
    const pending = within(column(/New/)).getAllByText(/^No\./);
    expect(pending.map(({ textContent }) => textContent)).toEqual(["No. 1 · Table 7", "No. 3 · Table 7"]);
    expect(within(column(/Preparing/)).getAllByText(/^No\./)).toHaveLength(1);
    expect(screen.queryByText(/No. 4/)).toBeNull();
  });

  it("moves an order on with one tap", async () => {
    const box = display([order(2, "preparing")]);
    box.answers.set(about.orderStatus, () => order(2, "ready"));
    fireEvent.click(await screen.findByRole("button", { name: "Ready: order 2" }));
    await waitFor(() => expect(within(column(/^Ready/)).getByText(/No. 2/)).toBeTruthy());
    expect(box.asked.at(-1)?.body).toMatchObject({ status: "ready" });
  });

  it("says why an order does not move", async () => {
    const box = display([order(2, "pending")]);
    box.answers.set(about.orderStatus, () => {
      throw refusal("forbidden", "staff confirm here");
    });
    fireEvent.click(await screen.findByRole("button", { name: "Confirm: order 2" }));
    expect(await screen.findByRole("alert")).toHaveProperty("textContent", "Staff confirm here.");
  });

  it("shows how each ticket stands", async () => {
    const confirmed = order(2, "confirmed");
    const held = ticket(confirmed, { state: "held", reason: "paper" }, 1_000);
    const box = display([{ ...confirmed, ticket: held }]);
    await screen.findByText("Ticket waits: no paper");
    box.say(about.printStatus, ticket(confirmed, { state: "done" }, 2_000));
    await screen.findByText("Ticket printed");
  });

  it("shows whatever guests wrote as text", async () => {
    const lines = [{ item: "soup", name: MARKUP, quantity: 1, price_minor: 1, note: MARKUP }];
    display([order(2, "pending", { lines, note: MARKUP, table: MARKUP })]);
    await waitFor(() => expect(screen.getAllByText(MARKUP, { exact: false }).length).toBeGreaterThan(3));
    expect(document.querySelector("img, script")).toBeNull();
  });
});
