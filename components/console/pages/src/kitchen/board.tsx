import { Act } from "../shared/act";
import type { JobBook } from "../shared/jobs";
import { OrderLines } from "../shared/order-lines";
import { changedAt, type OrderBook, placedAt } from "../shared/orders";
import { age, usePresent } from "../shared/time";
import type { Order, OrderStatus } from "../shared/wire";
import { tableName, ticketWord } from "../shared/words";

interface Column {
  status: OrderStatus;
  title: string;
  next: OrderStatus;
  move: string;
  /** After how long in this column somebody should look, in milliseconds. */
  lateMs: number;
}

const MINUTE_MS = 60_000;

/** The columns of the display, and the one move out of each. */
const COLUMNS: Column[] = [
  { status: "pending", title: "New", next: "confirmed", move: "Confirm", lateMs: 3 * MINUTE_MS },
  { status: "confirmed", title: "Confirmed", next: "preparing", move: "Start", lateMs: 5 * MINUTE_MS },
  { status: "preparing", title: "Preparing", next: "ready", move: "Ready", lateMs: 20 * MINUTE_MS },
  { status: "ready", title: "Ready", next: "served", move: "Served", lateMs: 5 * MINUTE_MS },
];

/** The kitchen's display: each order once, in the column of its status, the oldest first. */
export function Board({ book, jobs }: { book: OrderBook; jobs: JobBook }) {
  return (
    <div class="board">
      {COLUMNS.map((column) => (
        <Orders key={column.status} column={column} book={book} jobs={jobs} />
      ))}
    </div>
  );
}

function Orders({ column, book, jobs }: { column: Column; book: OrderBook; jobs: JobBook }) {
  const orders = book.orders.value
    .filter((order) => order.status === column.status)
    .sort((a, b) => placedAt(a) - placedAt(b));
  const title = `column-${column.status}`;
  return (
    <section class="column" data-status={column.status} aria-labelledby={title}>
      <h2 id={title}>
        {column.title} <span class="count">{orders.length}</span>
      </h2>
      <ul class="plain stack">
        {orders.map((order) => (
          <Card key={order.order} order={order} column={column} book={book} jobs={jobs} />
        ))}
      </ul>
    </section>
  );
}

interface CardProps {
  order: Order;
  column: Column;
  book: OrderBook;
  jobs: JobBook;
}

function Card({ order, column, book, jobs }: CardProps) {
  const waited = usePresent() - changedAt(order);
  const ticket = order.ticket && ticketWord(jobs.newest(order.ticket));
  return (
    <li class="order big" data-status={order.status} data-late={waited > column.lateMs}>
      <p class="order-head">
        <strong>
          No. {order.number} · {tableName(order.table)}
        </strong>
        <span class="age">{age(waited)}</span>
      </p>
      <OrderLines order={order} />
      {ticket && (
        <p class="tag" data-tone={ticket.tone}>
          {ticket.text}
        </p>
      )}
      <Act act={() => book.move(order.order, column.next)} label={`${column.move}: order ${order.number}`}>
        {column.move}
      </Act>
    </li>
  );
}
