import { money } from "../shared/money";
import type { Menu, MenuItem } from "../shared/wire";
import { QUANTITY_MAX, quantityOf, withItemNote, withQuantity } from "./basket";
import type { GuestStore } from "./store";

/** Longest note to an item, in characters. */
const NOTE_MAX = 100;

export function MenuCard({ store }: { store: GuestStore }) {
  const menu = store.menu.value;
  if (menu === null) {
    return <p class="faint">The menu is on its way…</p>;
  }
  return (
    <div class="menu">
      {sections(menu).map(([name, items]) => (
        <section key={name}>
          <h2>{name || "Menu"}</h2>
          <ul class="plain">
            {items.map((item) => (
              <Item key={item.item} item={item} menu={menu} store={store} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Item({ item, menu, store }: { item: MenuItem; menu: Menu; store: GuestStore }) {
  const basket = store.basket.value;
  const quantity = quantityOf(basket, item.item);
  const change = (by: number) => {
    store.basket.value = withQuantity(store.basket.value, item.item, quantity + by);
  };
  return (
    <li class="item" data-chosen={quantity > 0}>
      <div class="item-row">
        <div class="grow">
          <span class="item-name">{item.name}</span>
          <span class="price">{money(item.price_minor, menu.currency, menu.decimals)}</span>
        </div>
        <div class="stepper" role="group" aria-label={`How many: ${item.name}`}>
          {quantity > 0 && (
            <>
              <button type="button" class="round quiet" aria-label={`One less ${item.name}`} onClick={() => change(-1)}>
                −
              </button>
              <output aria-live="polite">{quantity}</output>
            </>
          )}
          <button
            type="button"
            class="round"
            aria-label={`One more ${item.name}`}
            disabled={quantity >= QUANTITY_MAX}
            onClick={() => change(1)}
          >
            +
          </button>
        </div>
      </div>
      {quantity > 0 && (
        <label class="note">
          <span class="hidden">Wish for {item.name}</span>
          <input
            type="text"
            placeholder="A wish for the kitchen"
            maxLength={NOTE_MAX}
            value={basket.wishes[item.item]?.note ?? ""}
            onInput={({ currentTarget }) => {
              store.basket.value = withItemNote(store.basket.value, item.item, currentTarget.value);
            }}
          />
        </label>
      )}
    </li>
  );
}

/** The menu's items under their headings, in the menu's order. */
function sections(menu: Menu): [string, MenuItem[]][] {
  const sections = new Map<string, MenuItem[]>();
  for (const item of menu.items) {
    const items = sections.get(item.section);
    if (items === undefined) {
      sections.set(item.section, [item]);
    } else {
      items.push(item);
    }
  }
  return [...sections];
}
