import { cleanup, render, screen } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";

import climate from "../../../../wire/vectors/climate-rooms.json";
import menu from "../../../../wire/vectors/order-menu.json";
import place from "../../../../wire/vectors/order-place.json";
import orders from "../../../../wire/vectors/orders.json";
import printers from "../../../../wire/vectors/print-printers.json";
import resolve from "../../../../wire/vectors/print-resolve.json";
import { emptyBasket, placed, withItemNote, withQuantity } from "../guest/basket";
import { Board } from "../kitchen/board";
import { PrintingCard } from "../staff/printing-card";
import { RoomsCard } from "../staff/rooms-card";
import { StubBox } from "../testing/stub-box";
import { about } from "./about";
import { JobBook } from "./jobs";
import { OrderBook } from "./orders";
import type { Job } from "./wire";

function box(): StubBox {
  const box = new StubBox();
  box.answers.set(about.orders, () => orders);
  box.answers.set(about.printers, () => printers);
  box.answers.set(about.climate, () => climate);
  return box;
}

afterEach(cleanup);

/** The golden vectors of the Rust crate `wire`, shown and said by pages. */
describe("what the box says", () => {
  it("of orders and their tickets is shown", async () => {
    const stub = box();
    const book = new OrderBook(stub);
    render(<Board book={book} jobs={new JobBook(stub, book)} />);
    await screen.findByText("No. 12 · Table 7");
    expect(screen.getByText("Ticket waits: no paper")).toBeTruthy();
    expect(screen.getByText("no cream")).toBeTruthy();
  });

  it("of printers is shown", async () => {
    const stub = box();
    render(<PrintingCard box={stub} jobs={new JobBook(stub, new OrderBook(stub))} />);
    await screen.findByText("cover is open");
    expect(screen.getByText(/paper runs low · 2 wait/)).toBeTruthy();
  });

  it("of rooms is shown", async () => {
    render(<RoomsCard box={box()} />);
    await screen.findByText(/20\.5 °C now · 19\.0 °C on its way/);
  });
});

describe("what is said to the box", () => {
  it("to place an order has the members of the vector", () => {
    let basket = withQuantity(emptyBasket(), "soup", 2);
    basket = { ...withItemNote(basket, "soup", "no cream"), order: place.order };
    // The table of a guest is in their token.
    expect({ ...placed(basket, menu), table: place.table }).toEqual(place);
  });

  it("to decide a job has the members of the vector", async () => {
    const stub = box();
    const book = new OrderBook(stub);
    const job = orders.orders[0]?.ticket as Job;
    stub.answers.set(about.printResolve, () => job);
    await new JobBook(stub, book).decide(job, "reprint");
    expect(stub.asked.at(-1)?.body).toEqual(resolve);
  });
});
