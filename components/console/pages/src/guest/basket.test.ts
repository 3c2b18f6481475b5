import { describe, expect, it } from "vitest";

import { menu } from "../testing/specimens";
import { emptyBasket, ITEMS_MAX, placed, QUANTITY_MAX, quantityOf, total, withItemNote, withQuantity } from "./basket";

describe("a basket", () => {
  it("has its order's name from the first moment and keeps it", () => {
    const basket = emptyBasket();
    expect(withQuantity(basket, "soup", 1).order).toBe(basket.order);
    expect(emptyBasket().order).not.toBe(basket.order);
  });

  it("holds no more than the box takes", () => {
    const full = withQuantity(emptyBasket(), "soup", QUANTITY_MAX);
    expect(quantityOf(withQuantity(full, "soup", QUANTITY_MAX + 1), "soup")).toBe(QUANTITY_MAX);
    let wide = emptyBasket();
    for (let item = 0; item < ITEMS_MAX + 1; item += 1) {
      wide = withQuantity(wide, `item-${item}`, 1);
    }
    expect(Object.keys(wide.wishes)).toHaveLength(ITEMS_MAX);
  });

  it("says what the menu knows, and its sum", () => {
    let basket = withQuantity(withQuantity(emptyBasket(), "fish", 2), "gone", 3);
    basket = withItemNote(basket, "fish", "\u0007well done");
    expect(total(basket, menu)).toBe(4_300);
    expect(placed(basket, menu).items).toEqual([{ item: "fish", quantity: 2, note: "well done" }]);
  });

  it("forgets what is taken out", () => {
    const basket = withQuantity(withQuantity(emptyBasket(), "soup", 1), "soup", 0);
    expect(basket.wishes).toEqual({});
  });
});
