import { Act } from "../shared/act";
import type { JobBook } from "../shared/jobs";
import { money } from "../shared/money";
import { OrderLines } from "../shared/order-lines";
import { changedAt, isOpen, type OrderBook, placedAt } from "../shared/orders";
import { Sure } from "../shared/sure";
import { age, usePresent } from "../shared/time";
import type { Order, OrderStatus } from "../shared/wire";
import { statusWord, tableName, ticketWord } from "../shared/words";

/** What a waiter does next, by status; the kitchen does the rest. */
const NEXT: Partial<Record<OrderStatus, [OrderStatus, string]>> = {
  pending: ["confirmed", "Confirm"],
  ready: ["served", "Served"],
};
/** Which orders want a waiter first. */
const URGENCY: OrderStatus[] = ["ready", "pending", "preparing", "confirmed"];
/** Finished orders that are still shown. */
const FINISHED_MAX = 5;

export function OrdersCard({ book, jobs }: { book: OrderBook; jobs: JobBook }) {
  const orders = book.orders.value;
  const urgency = (order: Order) => URGENCY.indexOf(order.status);
  const open = orders
    .filter(isOpen)
    .sort((a, b) => urgency(a) - urgency(b) || placedAt(a) - placedAt(b));
  const finished = orders.filter((order) => !isOpen(order)).slice(0, FINISHED_MAX);
  return (
    <section class="card" data-section="orders" aria-labelledby="orders-title">
      <h2 id="orders-title">
        Orders <span class="count">{open.length}</span>
      </h2>
      {open.length === 0 && (
        <p class="faint">{book.loaded.value ? "Nothing to do. New orders appear here." : "Asking the box…"}</p>
      )}
      <ul class="plain stack">
        {open.map((order) => (
          <OrderRow key={order.order} order={order} book={book} jobs={jobs} />
        ))}
      </ul>
      {finished.length > 0 && (
        <details>
          <summary>Finished lately</summary>
          <ul class="plain lines">
            {finished.map((order) => (
              <li key={order.order}>
                <span>
                  No. {order.number}, {tableName(order.table)}
                </span>
                <span>{statusWord[order.status]}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function OrderRow({ order, book, jobs }: { order: Order; book: OrderBook; jobs: JobBook }) {
  const now = usePresent();
  const next = NEXT[order.status];
  const ticket = order.ticket && ticketWord(jobs.newest(order.ticket));
  return (
    <li class="order" data-status={order.status}>
      <p class="order-head">
        <strong>
          No. {order.number} · {tableName(order.table)}
        </strong>
        <span class="tag" data-status={order.status}>
          {statusWord[order.status]} {age(now - changedAt(order))}
        </span>
      </p>
      <OrderLines order={order} />
      <p class="faint">
        {money(order.total_minor, order.currency)}
        {ticket && (
          <>
            {" · "}
            <span data-tone={ticket.tone}>{ticket.text}</span>
          </>
        )}
      </p>
      <p class="acts">
        {next && (
          <Act act={() => book.move(order.order, next[0])} label={`${next[1]} order ${order.number}`}>
            {next[1]}
          </Act>
        )}
        <Sure
          word="Cancel"
          label={`Cancel order ${order.number}`}
          really="Cancel the order"
          keep="Keep it"
          act={() => book.move(order.order, "cancelled")}
        />
      </p>
    </li>
  );
}
