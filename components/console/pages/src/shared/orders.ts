import { computed, signal } from "@preact/signals";

import { about } from "./about";
import type { Box } from "./box";
import type { Order, Orders, OrderStatus, SetStatus } from "./wire";

/**
 * The orders that the box shows us, kept up to date.
 *
 * Answers and events may overtake each other; of two states of an order the one with more steps
 * counts, and of two with as many the later one to arrive, which knows more about its ticket.
 */
export class OrderBook {
  readonly #known = signal<ReadonlyMap<string, Order>>(new Map());
  /** The newest first. */
  readonly orders = computed(() =>
    [...this.#known.value.values()].sort((a, b) => placedAt(b) - placedAt(a)),
  );
  /** Whether the box has been asked at least once. */
  readonly loaded = signal(false);
  readonly #box: Box;
  readonly #ends: (() => void)[];

  constructor(box: Box) {
    this.#box = box;
    this.#ends = [
      box.onEvent<Order>(about.orderStatus, (order) => this.take([order])),
      box.onReached(() => void this.refresh()),
    ];
  }

  /** Asks for everything again; what was missed while we were away is in the answer. */
  async refresh(): Promise<void> {
    try {
      const { orders } = await this.#box.request<object, Orders>(about.orders, {});
      this.take(orders);
      this.loaded.value = true;
    } catch {
      // Out of reach again; it is asked anew when it is reached.
    }
  }

  /** Moves an order on; the box says whether it may. */
  async move(order: string, status: OrderStatus): Promise<void> {
    const body: SetStatus = { v: 1, order, status };
    this.take([await this.#box.request<SetStatus, Order>(about.orderStatus, body)]);
  }

  take(orders: readonly Order[]): void {
    const known = new Map(this.#known.value);
    for (const order of orders) {
      const before = known.get(order.order);
      if (before === undefined || before.history.length <= order.history.length) {
        known.set(order.order, order);
      }
    }
    this.#known.value = known;
  }

  end(): void {
    this.#ends.forEach((end) => end());
  }
}

/** When an order was placed. */
export function placedAt(order: Order): number {
  return order.history[0]?.at ?? 0;
}

/** When an order came to its present status. */
export function changedAt(order: Order): number {
  return order.history.at(-1)?.at ?? 0;
}

/** Whether somebody still has something to do for it. */
export function isOpen(order: Order): boolean {
  return order.status !== "served" && order.status !== "cancelled";
}
