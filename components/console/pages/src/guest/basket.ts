import { newId } from "../shared/ids";
import type { Menu, MenuItem, Place } from "../shared/wire";

/** Most pieces of one item, and most different items; the box refuses more. */
export const QUANTITY_MAX = 99;
export const ITEMS_MAX = 40;

/** What a guest means to order; `order` is its name from the first moment, so that it is placed once. */
export interface Basket {
  readonly order: string;
  readonly wishes: Readonly<Record<string, { quantity: number; note: string }>>;
  readonly note: string;
}

export function emptyBasket(): Basket {
  return { order: newId(), wishes: {}, note: "" };
}

export function quantityOf(basket: Basket, item: string): number {
  return basket.wishes[item]?.quantity ?? 0;
}

/** The basket with so many pieces of an item; as it was when that would be too much. */
export function withQuantity(basket: Basket, item: string, quantity: number): Basket {
  const { [item]: before, ...others } = basket.wishes;
  if (quantity <= 0) {
    return { ...basket, wishes: others };
  }
  const tooMuch = quantity > QUANTITY_MAX || Object.keys(others).length >= ITEMS_MAX;
  if (tooMuch) {
    return basket;
  }
  const wish = { quantity, note: before?.note ?? "" };
  return { ...basket, wishes: { ...basket.wishes, [item]: wish } };
}

export function withItemNote(basket: Basket, item: string, note: string): Basket {
  const wish = basket.wishes[item];
  return wish === undefined
    ? basket
    : { ...basket, wishes: { ...basket.wishes, [item]: { ...wish, note } } };
}

/** What the basket holds of the menu, in the menu's order. */
export function chosen(basket: Basket, menu: Menu): (MenuItem & { quantity: number; note: string })[] {
  return menu.items.flatMap((item) => {
    const wish = basket.wishes[item.item];
    return wish === undefined ? [] : [{ ...item, ...wish }];
  });
}

/** Sum of the basket, in minor units. */
export function total(basket: Basket, menu: Menu): number {
  return chosen(basket, menu).reduce((sum, line) => sum + line.quantity * line.price_minor, 0);
}

export function pieces(basket: Basket, menu: Menu): number {
  return chosen(basket, menu).reduce((sum, line) => sum + line.quantity, 0);
}

/** The basket as it is said to the box. */
export function placed(basket: Basket, menu: Menu): Place {
  return {
    v: 1,
    order: basket.order,
    items: chosen(basket, menu).map(({ item, quantity, note }) => ({ item, quantity, note: tidy(note) })),
    note: tidy(basket.note),
    total_minor: total(basket, menu),
  };
}

/** Without control characters, which no text of the hotel holds. */
function tidy(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}
