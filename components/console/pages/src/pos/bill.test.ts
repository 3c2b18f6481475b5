import { describe, expect, it } from "vitest";

import submitVector from "../../../../wire/vectors/print-submit.json";
import { about } from "../shared/about";
import { JobBook } from "../shared/jobs";
import { OrderBook } from "../shared/orders";
import type { Job, JobOf, Submit } from "../shared/wire";
import { order, ticket } from "../testing/specimens";
import { refusal, StubBox } from "../testing/stub-box";
import { billOf, submitOf } from "./bill";
import { Receipts } from "./receipts";

const SOUP = { item: "soup", name: "Soup of the day", quantity: 2, price_minor: 650, note: "" };
const TWO = [order(2, "served", { lines: [SOUP, { ...SOUP, price_minor: 700, quantity: 1 }], total_minor: 2_000 }), order(1, "served")];

/** A box that prints: the same job again is the same. */
function printing() {
  const box = new StubBox();
  box.answers.set(about.orders, () => ({ orders: [] }));
  const printed = new Map<string, Job>();
  box.answers.set(about.print, ({ job }: Submit) => {
    const made = printed.get(job) ?? { ...ticket(order(1, "served"), { state: "done" }, 5_000), job };
    printed.set(job, made);
    return made;
  });
  box.answers.set(about.printStatus, ({ job }: JobOf) => {
    const found = printed.get(job);
    if (found === undefined) throw refusal("not-found", "there is no such job");
    return found;
  });
  return { printed, receipts: new Receipts(box, new JobBook(box, new OrderBook(box)), "Hotel Seaside") };
}

describe("a bill", () => {
  it("has each item at its price once, from the first order on, and the sum of the orders", () => {
    const bill = billOf("7", TWO);
    expect(bill.orders.map(({ number }) => number)).toEqual([1, 2]);
    expect(bill.lines.map(({ quantity, price_minor }) => [quantity, price_minor])).toEqual([[4, 650], [1, 700]]);
    expect([bill.total_minor, bill.currency]).toEqual([3_300, "EUR"]);
  });

  it("becomes a receipt of the form that the box prints", async () => {
    const { job, route, document } = await submitOf("Hotel\u00a0Seaside", billOf("7", TWO), 1);
    expect(job).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([route, document.kind]).toEqual(["receipt", submitVector.document.kind]);
    if (document.kind !== "receipt") throw new Error(document.kind);
    const known = new Set(submitVector.document.lines.flatMap((line) => Object.keys(line)));
    expect(document.lines.flatMap((line) => Object.keys(line)).filter((member) => !known.has(member))).toEqual([]);
    const words = JSON.stringify(document.lines);
    expect(words).toMatch(/Hotel Seaside.*Table 7.*4 x.*Soup of the day.*26[.,]00.*Total.*33[.,]00.*Orders 1, 2/);
    expect(words).not.toMatch(/[\u00a0\u202f]/);
  });

  // console-7.6
  it("is one job however often it is printed, another when it is another bill or printed again", async () => {
    const name = async (orders: typeof TWO, time = 1) => (await submitOf("Hotel", billOf("7", orders), time)).job;
    expect(await name(TWO)).toBe(await name([...TWO].reverse()));
    const others = [await name(TWO), await name(TWO.slice(1)), await name(TWO, 2)];
    expect(new Set(others).size).toBe(3);
    expect(JSON.stringify(await submitOf("Hotel", billOf("7", TWO), 2))).toContain("Printed again (2)");
  });

  // console-7.6
  it("that was printed is known to be after a reload", async () => {
    const { printed, receipts } = printing();
    const bill = billOf("7", TWO);
    expect(await receipts.last(bill)).toBeNull();
    await Promise.all([receipts.print(bill, 1), receipts.print(bill, 1)]);
    expect(printed.size).toBe(1);
    expect((await receipts.last(bill))?.time).toBe(1);
    await receipts.print(bill, 2);
    expect((await receipts.last(bill))?.time).toBe(2);
  });
});
