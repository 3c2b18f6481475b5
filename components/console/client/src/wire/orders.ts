// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * How a job stands.
 */
export type Job = {
  /**
   * When it was accepted, in Unix milliseconds.
   */
  accepted_at: number;
  /**
   * When it came to this state, in Unix milliseconds.
   */
  at: number;
  /**
   * Attempts begun.
   */
  attempts: number;
  /**
   * SHA-256 of the content, by which a conflict is told.
   */
  content: string;
  /**
   * The job.
   */
  job: string;
  /**
   * Whether it carries the mark of a possible duplicate.
   */
  marked: boolean;
  /**
   * Whose.
   */
  principal: string;
  /**
   * On which printer it is or was; absent until one is chosen.
   */
  printer?: Word | null;
  /**
   * Where to.
   */
  route: string;
  /**
   * Version of this body.
   */
  v: number;
} & Job1;
export type Word = string;
export type Job1 =
  | {
      state: "accepted";
    }
  | {
      /**
       * For what.
       */
      reason: "paper" | "cover" | "offline" | "error" | "unconfirmed" | "queue";
      state: "held";
    }
  | {
      state: "dispatching";
    }
  | {
      state: "printing";
    }
  | {
      state: "done";
    }
  | {
      problem: Problem;
      state: "failed";
    }
  | {
      state: "expired";
    }
  | {
      state: "cancelled";
    }
  | {
      state: "unconfirmed";
    }
  | {
      state: "sent-unverified";
    };

/**
 * Orders that concern whoever asked.
 */
export interface Orders {
  /**
   * At most [`ORDERS_MAX`], the newest first.
   */
  orders: Order[];
}
/**
 * An order.
 */
export interface Order {
  /**
   * ISO 4217 code.
   */
  currency: string;
  /**
   * How it came so far, the oldest first.
   */
  history: Step[];
  /**
   * What.
   */
  lines: OrderLine[];
  /**
   * For the kitchen.
   */
  note: string;
  /**
   * What people call it; counts from 1.
   */
  number: number;
  /**
   * The order.
   */
  order: string;
  /**
   * How far it is.
   */
  status: "pending" | "confirmed" | "preparing" | "ready" | "served" | "cancelled";
  /**
   * Where.
   */
  table: string;
  /**
   * Its ticket in the kitchen, once it is confirmed.
   */
  ticket?: Job | null;
  /**
   * Sum of all lines, in the currency's minor unit.
   */
  total_minor: number;
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * One step of an order.
 */
export interface Step {
  /**
   * When, in Unix milliseconds.
   */
  at: number;
  /**
   * By whom.
   */
  by: string;
  /**
   * How far it came.
   */
  status: "pending" | "confirmed" | "preparing" | "ready" | "served" | "cancelled";
}
/**
 * One line of an order.
 */
export interface OrderLine {
  /**
   * The item.
   */
  item: string;
  /**
   * Its name when it was ordered.
   */
  name: string;
  /**
   * For the kitchen.
   */
  note: string;
  /**
   * Price of one when it was ordered, in the currency's minor unit.
   */
  price_minor: number;
  /**
   * How many.
   */
  quantity: number;
}
/**
 * Why.
 */
export interface Problem {
  /**
   * What went wrong, for programs.
   */
  code:
    | "malformed"
    | "unsupported-version"
    | "invalid"
    | "forbidden"
    | "not-found"
    | "conflict"
    | "too-large"
    | "expired"
    | "unsupported"
    | "busy"
    | "timed-out"
    | "unavailable"
    | "storage-full"
    | "internal";
  /**
   * What went wrong this time, for people; never guest data.
   */
  detail: string;
  /**
   * Path of the field at fault: `state.target_celsius`.
   */
  field?: string | null;
  /**
   * HTTP status that fits the code.
   */
  status: number;
  /**
   * The same in a few words, fixed per code.
   */
  title: string;
}
