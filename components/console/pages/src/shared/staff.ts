import { signal } from "@preact/signals";

import type { Box } from "./box";
import { Notices } from "./notices";
import { OrderBook } from "./orders";
import { problemOf } from "./problem";
import type { Enrolment, Executed, Hotel, Invitation, Problem, Sitting, Statuses } from "./wire";

/** What staff ask over HTTPS, in their own name. */
export interface House {
  sittings(): Promise<Sitting[]>;
  openSitting(table: string): Promise<Sitting>;
  closeSitting(sitting: string): Promise<void>;
  statuses(): Promise<Statuses>;
  /** Lets a tablet of that name enrol. */
  invite(principal: string, role: string): Promise<Invitation>;
  /** Tablets that were invited here and are not active yet. */
  enrolments(): Promise<Enrolment[]>;
  /** The tablet in hand shows these digits. */
  confirm(principal: string, digits: string): Promise<void>;
  /** It shows others, or never came. */
  withdraw(principal: string): Promise<void>;
}

/** What only the holder of the tablet's key can do. */
export interface Keys {
  /** Has a bolt turned; `expiresAt` is in Unix milliseconds of the box's clock. */
  turn(device: string, operation: "unlock" | "lock", expiresAt: number): Promise<Executed>;
}

/** What the people of an enrolled tablet work with. */
export interface Inside {
  hotel: Hotel;
  principal: string;
  role: string;
  box: Box;
  house: House;
  keys: Keys;
}

export type StaffStage =
  | { name: "arriving" }
  | { name: "refused"; problem: Problem }
  | { name: "inside"; inside: Inside; book: OrderBook; notices: Notices };

/** The way of a tablet into its page: refused until it is enrolled. */
export class Entrance {
  readonly stage = signal<StaffStage>({ name: "arriving" });
  readonly #arrive: () => Promise<Inside>;

  constructor(arrive: () => Promise<Inside>) {
    this.#arrive = arrive;
  }

  async arrive(): Promise<void> {
    this.stage.value = { name: "arriving" };
    try {
      const inside = await this.#arrive();
      const book = new OrderBook(inside.box);
      const notices = new Notices(inside.box);
      this.stage.value = { name: "inside", inside, book, notices };
    } catch (error) {
      this.stage.value = { name: "refused", problem: problemOf(error) };
    }
  }
}
