import { money } from "../shared/money";
import { placedAt } from "../shared/orders";
import type { Order, ReceiptLine, Submit } from "../shared/wire";
import { tableName } from "../shared/words";

/** Where receipts are printed. */
export const ROUTE = "receipt";
/** Longest text of a cell. */
const CELL_MAX = 200;
/** Characters for how many there are, and for what they cost. */
const QUANTITY_WIDTH = 5;
const SUM_WIDTH = 14;

/** What a table has to pay: the orders that were chosen, line by line. */
export interface Bill {
  table: string;
  orders: readonly Order[];
  lines: readonly BillLine[];
  total_minor: number;
  currency: string;
}

export interface BillLine {
  name: string;
  quantity: number;
  price_minor: number;
}

/** The bill of some orders of a table, the oldest first; the same item at the same price is one line. */
export function billOf(table: string, chosen: readonly Order[]): Bill {
  const orders = [...chosen].sort((a, b) => placedAt(a) - placedAt(b));
  const lines = new Map<string, BillLine>();
  for (const { item, name, price_minor, quantity } of orders.flatMap((order) => order.lines)) {
    const key = JSON.stringify([item, name, price_minor]);
    lines.set(key, { name, price_minor, quantity: quantity + (lines.get(key)?.quantity ?? 0) });
  }
  return {
    table,
    orders,
    lines: [...lines.values()],
    total_minor: orders.reduce((sum, order) => sum + order.total_minor, 0),
    currency: orders[0]?.currency ?? "EUR",
  };
}

/**
 * The wish to print a bill for the `time`th time, 1 at first.
 *
 * All of it follows from the bill, its id as well: pressed twice, or again after a reload, it is one
 * job of the box.
 */
export async function submitOf(hotel: string, bill: Bill, time: number): Promise<Submit> {
  const lines = receiptOf(hotel, bill, time);
  return { v: 1, job: await nameOf(JSON.stringify(lines)), route: ROUTE, document: { kind: "receipt", lines } };
}

function receiptOf(hotel: string, bill: Bill, time: number): ReceiptLine[] {
  const sum = (minor: number) => plain(money(minor, bill.currency));
  const last = bill.orders.at(-1);
  const again: ReceiptLine[] =
    time === 1 ? [] : [{ kind: "text", text: `Printed again (${time})`, align: "center", bold: true }];
  return [
    { kind: "text", text: plain(hotel), align: "center", bold: true, height: 2 },
    { kind: "text", text: plain(tableName(bill.table)), align: "center" },
    ...again,
    { kind: "rule" },
    ...bill.lines.map(({ name, quantity, price_minor }) => columns(`${quantity} x`, name, sum(quantity * price_minor))),
    { kind: "rule" },
    { ...columns("", "Total", sum(bill.total_minor)), bold: true },
    { kind: "rule" },
    { kind: "text", text: `Orders ${bill.orders.map(({ number }) => number).join(", ")}`, align: "center" },
    { kind: "text", text: last ? when(placedAt(last)) : "", align: "center" },
  ];
}

function columns(quantity: string, name: string, sum: string): ReceiptLine & { kind: "columns" } {
  return {
    kind: "columns",
    cells: [
      { text: quantity, width: QUANTITY_WIDTH },
      { text: plain(name).slice(0, CELL_MAX) },
      { text: sum, width: SUM_WIDTH, align: "right" },
    ],
  };
}

function when(at: number): string {
  return plain(new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(at));
}

/** Printers have one kind of space. */
function plain(text: string): string {
  return text.replace(/\s/g, " ");
}

/** A UUID of version 8 (RFC 9562 §5.8) that says what is printed. */
async function nameOf(content: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content)));
  const octets = digest.slice(0, 16);
  octets[6] = 0x80 | ((octets[6] ?? 0) & 0x0f);
  octets[8] = 0x80 | ((octets[8] ?? 0) & 0x3f);
  const text = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
