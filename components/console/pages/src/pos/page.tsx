import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { EntrancePage } from "../shared/entrance";
import { JobBook } from "../shared/jobs";
import { money } from "../shared/money";
import { type OrderBook, placedAt } from "../shared/orders";
import { usePoll } from "../shared/poll";
import type { Entrance, Inside } from "../shared/staff";
import { clock } from "../shared/time";
import type { Order, Sitting } from "../shared/wire";
import { statusWord, tableName } from "../shared/words";
import { billOf } from "./bill";
import { BillCard } from "./bill-card";
import { Receipts } from "./receipts";

/** How often open tables are asked for. */
const EVERY_MS = 30_000;
/** How old an order of a table may be to stand on its bill by itself, when nobody knows since when it is taken. */
const LATELY_MS = 4 * 3_600_000;

export function BillPage({ entrance }: { entrance: Entrance }) {
  return (
    <EntrancePage entrance={entrance} title="Bill" here="/pos">
      {({ inside, book }) => <Till inside={inside} book={book} />}
    </EntrancePage>
  );
}

function Till({ inside, book }: { inside: Inside; book: OrderBook }) {
  const { box, house, hotel } = inside;
  const jobs = useMemo(() => new JobBook(box, book), [box, book]);
  const receipts = useMemo(() => new Receipts(box, jobs, hotel.name), [box, jobs, hotel]);
  const sittings = usePoll(() => house.sittings(), EVERY_MS);
  const chosen = useSignal<string | null>(null);
  const tables = byTable(book.orders.value);
  const table = tables.find(([name]) => name === chosen.value);
  return (
    <div class="two">
      <section class="card" aria-labelledby="tables-title">
        <h2 id="tables-title">Tables</h2>
        {tables.length === 0 && (
          <p class="faint">{book.loaded.value ? "No table has ordered anything." : "Asking the box…"}</p>
        )}
        <div class="chips" role="group" aria-label="Tables">
          {tables.map(([name, orders]) => (
            <button type="button" key={name} aria-pressed={name === chosen.value} onClick={() => (chosen.value = name)}>
              {tableName(name)} <span class="count">{orders.length}</span>
            </button>
          ))}
        </div>
      </section>
      {table && (
        <TableBill
          key={table[0]}
          table={table[0]}
          orders={table[1]}
          since={since(table[0], sittings.value)}
          receipts={receipts}
          jobs={jobs}
          inside={inside}
        />
      )}
    </div>
  );
}

interface TableProps {
  table: string;
  orders: readonly Order[];
  /** From when on orders stand on the bill by themselves. */
  since: number;
  receipts: Receipts;
  jobs: JobBook;
  inside: Inside;
}

/** The orders of a table, of which those that are ticked make the bill. */
function TableBill({ table, orders, since, receipts, jobs, inside }: TableProps) {
  const ticks = useSignal<ReadonlyMap<string, boolean>>(new Map());
  const isTicked = (order: Order) => ticks.value.get(order.order) ?? placedAt(order) >= since;
  const tick = (order: Order, ticked: boolean) => {
    ticks.value = new Map(ticks.value).set(order.order, ticked);
  };
  const bill = billOf(table, orders.filter(isTicked));
  return (
    <section class="card" aria-labelledby="bill-title">
      <h2 id="bill-title">Bill of {tableName(table)}</h2>
      <ul class="plain lines">
        {orders.map((order) => (
          <li key={order.order}>
            <label class="tick">
              <input
                type="checkbox"
                checked={isTicked(order)}
                onChange={({ currentTarget }) => tick(order, currentTarget.checked)}
              />
              No. {order.number}, {clock(placedAt(order))}, {statusWord[order.status]}
            </label>
            <span>{money(order.total_minor, order.currency)}</span>
          </li>
        ))}
      </ul>
      {bill.orders.length === 0 ? (
        <p class="faint">Choose the orders that are to be paid.</p>
      ) : (
        <BillCard key={bill.orders.map(({ order }) => order).join()} bill={bill} receipts={receipts} jobs={jobs} box={inside.box} />
      )}
    </section>
  );
}

/** Orders that are to be paid, by table; the table that ordered last is the first. */
function byTable(orders: readonly Order[]): [string, Order[]][] {
  const tables = new Map<string, Order[]>();
  for (const order of orders) {
    if (order.status !== "cancelled") tables.set(order.table, [...(tables.get(order.table) ?? []), order]);
  }
  return [...tables];
}

/** Since when those who sit at a table have been there. */
function since(table: string, sittings: readonly Sitting[] | null): number {
  const sitting = sittings?.find((one) => one.open && tableName(one.table) === tableName(table));
  return sitting?.opened_at ?? Date.now() - LATELY_MS;
}
