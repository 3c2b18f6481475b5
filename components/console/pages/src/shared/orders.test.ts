import { describe, expect, it } from "vitest";

import { order, ticket } from "../testing/specimens";
import { StubBox } from "../testing/stub-box";
import { about } from "./about";
import { JobBook } from "./jobs";
import { OrderBook } from "./orders";

function book(): { box: StubBox; book: OrderBook } {
  const box = new StubBox();
  box.answers.set(about.orders, () => ({ orders: [] }));
  return { box, book: new OrderBook(box) };
}

describe("the orders", () => {
  it("stay as far as they came, whatever arrives late", () => {
    const { book: orders } = book();
    orders.take([order(1, "ready")]);
    orders.take([order(1, "confirmed")]);
    expect(orders.orders.value[0]?.status).toBe("ready");
  });

  it("learn about their ticket without a step", () => {
    const { book: orders } = book();
    const confirmed = order(1, "confirmed");
    orders.take([confirmed]);
    orders.take([{ ...confirmed, ticket: ticket(confirmed, { state: "done" }, 9_000) }]);
    expect(orders.orders.value[0]?.ticket?.state).toBe("done");
  });

  it("come with the newest first", () => {
    const { book: orders } = book();
    orders.take([order(1, "pending"), order(3, "pending"), order(2, "pending")]);
    expect(orders.orders.value.map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  it("are asked for again when the box is back", async () => {
    const { box, book: orders } = book();
    box.lose();
    box.answers.set(about.orders, () => ({ orders: [order(4, "pending")] }));
    box.find();
    await expect.poll(() => orders.orders.value.length).toBe(1);
  });
});

describe("print jobs", () => {
  it("are as new as the newest word of them", () => {
    const { box, book: orders } = book();
    const jobs = new JobBook(box, orders);
    const confirmed = order(1, "confirmed");
    const done = ticket(confirmed, { state: "done" }, 2_000);
    box.say(about.printStatus, done);
    orders.take([{ ...confirmed, ticket: ticket(confirmed, { state: "printing" }, 1_000) }]);
    expect(jobs.newest(done).state).toBe("done");
  });

  it("that may have been printed wait for somebody, and for nobody afterwards", async () => {
    const { box, book: orders } = book();
    const jobs = new JobBook(box, orders);
    const unsure = ticket(order(1, "confirmed"), { state: "unconfirmed" }, 1_000);
    box.say(about.printStatus, unsure);
    expect(jobs.undecided.value).toHaveLength(1);
    box.answers.set(about.printResolve, () => ({ ...unsure, state: "done", at: 2_000 }));
    await jobs.decide(unsure, "printed");
    expect(jobs.undecided.value).toHaveLength(0);
    expect(box.asked.at(-1)?.body).toEqual({
      job: unsure.job,
      principal: "device-proxy",
      decision: "printed",
    });
  });
});
