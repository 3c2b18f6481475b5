import { Act } from "../shared/act";
import { money } from "../shared/money";
import { chosen } from "./basket";
import type { GuestStore } from "./store";

/** Longest note to an order, in characters. */
const NOTE_MAX = 200;

export function BasketCard({ store, reached }: { store: GuestStore; reached: boolean }) {
  const menu = store.menu.value;
  const basket = store.basket.value;
  const lines = menu === null ? [] : chosen(basket, menu);
  if (menu === null || lines.length === 0) {
    return null;
  }
  const price = (minor: number) => money(minor, menu.currency, menu.decimals);
  return (
    <section class="card" id="basket" aria-labelledby="basket-title">
      <h2 id="basket-title">Your order</h2>
      <ul class="plain lines">
        {lines.map((line) => (
          <li key={line.item}>
            <span>
              {line.quantity} × {line.name}
            </span>
            <span>{price(line.quantity * line.price_minor)}</span>
          </li>
        ))}
      </ul>
      <label>
        For the kitchen
        <textarea
          rows={2}
          maxLength={NOTE_MAX}
          value={basket.note}
          onInput={({ currentTarget }) => {
            store.basket.value = { ...store.basket.value, note: currentTarget.value };
          }}
        />
      </label>
      <p class="total">
        <span>Total</span>
        <strong>{price(store.total.value)}</strong>
      </p>
      <Act act={() => store.place()} disabled={!reached}>
        Order now
      </Act>
    </section>
  );
}
