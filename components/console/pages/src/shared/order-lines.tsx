import type { Order } from "./wire";

/** What was ordered, with the wishes of those who ordered it. */
export function OrderLines({ order }: { order: Order }) {
  return (
    <>
      <ul class="plain order-lines">
        {order.lines.map((line, index) => (
          <li key={index}>
            <strong>{line.quantity} ×</strong> {line.name}
            {line.note && <em class="wish">{line.note}</em>}
          </li>
        ))}
      </ul>
      {order.note && <p class="wish">{order.note}</p>}
    </>
  );
}
