import type { GuestMessage } from "@hospitality-edge/client";
import { computed, effect, signal } from "@preact/signals";

import { about } from "../shared/about";
import type { Box } from "../shared/box";
import { newId } from "../shared/ids";
import { Notices } from "../shared/notices";
import { OrderBook } from "../shared/orders";
import { problemOf } from "../shared/problem";
import type { Hotel, Menu, Order, Place, Problem } from "../shared/wire";
import { type Basket, emptyBasket, pieces, placed, total } from "./basket";

/** How often we ask whether we are still welcome while the box is out of reach. */
const STILL_WELCOME_MS = 6_000;
/** Refusals that end a visit: the table was closed, or the token was taken away. */
const FAREWELLS = ["not-found", "forbidden", "expired"];

/** What a guest comes through: who the hotel is, whether the table is open, the way to the box. */
export interface Door {
  readonly table: string;
  hotel(): Promise<Hotel>;
  /** Gets a token, or the one we have again; refused when nobody sits here any more. */
  seat(): Promise<void>;
  /** The way to the box, once seated. */
  box(hotel: Hotel): Promise<Box>;
}

export type Stage =
  | { name: "arriving" }
  | { name: "refused"; problem: Problem }
  | { name: "over" }
  | { name: "seated"; box: Box; book: OrderBook; notices: Notices };

/** Everything that the guest's page knows. */
export class GuestStore {
  readonly stage = signal<Stage>({ name: "arriving" });
  readonly hotel = signal<Hotel | null>(null);
  readonly menu = signal<Menu | null>(null);
  readonly basket = signal<Basket>(emptyBasket());
  readonly total = computed(() => (this.menu.value ? total(this.basket.value, this.menu.value) : 0));
  readonly pieces = computed(() =>
    this.menu.value ? pieces(this.basket.value, this.menu.value) : 0,
  );
  readonly #door: Door;
  #ends: (() => void)[] = [];
  /** What may not have arrived yet. */
  #message: GuestMessage | null = null;

  constructor(door: Door) {
    this.#door = door;
  }

  get table(): string {
    return this.#door.table;
  }

  /** Comes in; may be tried again after a refusal. */
  async arrive(): Promise<void> {
    this.stage.value = { name: "arriving" };
    try {
      const hotel = await this.#door.hotel();
      this.hotel.value = hotel;
      await this.#door.seat();
      this.#sit(await this.#door.box(hotel));
    } catch (error) {
      this.stage.value = { name: "refused", problem: problemOf(error) };
    }
  }

  /** Places the basket; pressed twice, it is the same order. */
  async place(): Promise<void> {
    const stage = this.stage.value;
    const menu = this.menu.value;
    if (stage.name !== "seated" || menu === null) return;
    const basket = this.basket.value;
    const body = placed(basket, menu);
    try {
      const order = await stage.box.request<Place, Order>(about.order, body);
      stage.book.take([order]);
      const number = `Order ${order.number} is with us`;
      stage.notices.tell({ title: number, body: "You see below how far it is." });
    } catch (error) {
      if (problemOf(error).field === "total_minor") {
        await this.#askMenu(stage.box);
      }
      throw error;
    }
  }

  /** Says something to the house; pressed again after a refusal, it is the same message. */
  async write(text: string): Promise<void> {
    const stage = this.stage.value;
    if (stage.name !== "seated") return;
    if (this.#message?.text !== text) {
      this.#message = { v: 1, message: newId(), text };
    }
    await stage.box.request<GuestMessage, unknown>(about.guestMessage, this.#message);
    this.#message = null;
    stage.notices.tell({ title: "Thank you, we have your message", body: "" });
  }

  #sit(box: Box): void {
    const book = new OrderBook(box);
    const notices = new Notices(box);
    this.stage.value = { name: "seated", box, book, notices };
    const menu = box.onReached(() => void this.#askMenu(box));
    const basket = effect(() => {
      const basket = this.basket.value;
      if (book.orders.value.some(({ order }) => order === basket.order)) {
        // What was in the basket is an order now, also when its answer got lost.
        this.basket.value = emptyBasket();
      }
    });
    const welcome = effect(() => {
      if (box.reached.value) return;
      const timer = setInterval(() => void this.#askWelcome(box), STILL_WELCOME_MS);
      return () => clearInterval(timer);
    });
    this.#ends = [menu, basket, welcome, () => book.end(), () => notices.end()];
  }

  #leave(): void {
    this.#ends.forEach((end) => end());
    this.#ends = [];
  }

  async #askMenu(box: Box): Promise<void> {
    try {
      this.menu.value = await box.request<object, Menu>(about.menu, {});
    } catch {
      // Out of reach again; it is asked anew when it is reached.
    }
  }

  /** A token that is taken away shows as a box that is out of reach. */
  async #askWelcome(box: Box): Promise<void> {
    try {
      await this.#door.seat();
    } catch (error) {
      const { code, field } = problemOf(error);
      // A phone that left the hotel's network may come back.
      if (FAREWELLS.includes(code) && field !== "network") {
        this.#leave();
        this.stage.value = { name: "over" };
        await box.close();
      }
    }
  }
}
