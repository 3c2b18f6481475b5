import { money } from "../shared/money";
import type { OrderBook } from "../shared/orders";
import { Sure } from "../shared/sure";
import type { Order, OrderStatus } from "../shared/wire";

/** The way of an order, in a guest's words. */
const WAY: [OrderStatus, string][] = [
  ["pending", "Sent"],
  ["confirmed", "Confirmed"],
  ["preparing", "Being prepared"],
  ["ready", "Ready"],
  ["served", "Served"],
];

export function MyOrders({ book }: { book: OrderBook }) {
  const orders = book.orders.value;
  if (orders.length === 0) {
    return null;
  }
  return (
    <section class="card" aria-labelledby="orders-title">
      <h2 id="orders-title">Ordered at this table</h2>
      <ul class="plain stack">
        {orders.map((order) => (
          <OrderCard key={order.order} order={order} book={book} />
        ))}
      </ul>
    </section>
  );
}

function OrderCard({ order, book }: { order: Order; book: OrderBook }) {
  return (
    <li class="order">
      <p class="order-head">
        <strong>No. {order.number}</strong>
        <span>{money(order.total_minor, order.currency)}</span>
      </p>
      <p class="faint">
        {order.lines.map((line) => `${line.quantity} × ${line.name}`).join(", ")}
      </p>
      {order.status === "cancelled" ? (
        <p class="tag" data-tone="bad">
          Cancelled
        </p>
      ) : (
        <Way order={order} />
      )}
      {order.status === "pending" && (
        <p class="acts">
          <Sure
            word="Cancel"
            label={`Cancel order ${order.number}`}
            really="Cancel the order"
            keep="Keep it"
            act={() => book.move(order.order, "cancelled")}
          />
        </p>
      )}
    </li>
  );
}

function Way({ order }: { order: Order }) {
  const reached = WAY.findIndex(([status]) => status === order.status);
  return (
    <>
      <ol class="way" aria-hidden="true">
        {WAY.map(([status], index) => (
          <li key={status} data-done={index <= reached} data-now={index === reached} />
        ))}
      </ol>
      <p aria-live="polite" class="way-word">
        {WAY[reached]?.[1]}
      </p>
    </>
  );
}
