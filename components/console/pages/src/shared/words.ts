import type { Held, Job, OrderStatus } from "./wire";

/** How a status is called on the pages of staff. */
export const statusWord: Record<OrderStatus, string> = {
  pending: "New",
  confirmed: "Confirmed",
  preparing: "Preparing",
  ready: "Ready",
  served: "Served",
  cancelled: "Cancelled",
};

const HELD: Record<Held, string> = {
  paper: "no paper",
  cover: "cover is open",
  offline: "printer is off",
  error: "printer has a fault",
  unconfirmed: "waits for a decision",
  queue: "in the queue",
};

/** What keeps a printer from printing. */
export function heldWord(held: Held): string {
  return HELD[held];
}

/** How urgently somebody should look. */
export type Tone = "calm" | "good" | "warn" | "bad";

/** How a ticket stands, in a few words. */
export function ticketWord(job: Job): { text: string; tone: Tone } {
  switch (job.state) {
    case "accepted":
    case "dispatching":
      return { text: "Ticket on its way", tone: "calm" };
    case "held":
      return { text: `Ticket waits: ${HELD[job.reason]}`, tone: "warn" };
    case "printing":
      return { text: "Ticket printing", tone: "calm" };
    case "done":
      return { text: "Ticket printed", tone: "good" };
    case "sent-unverified":
      return { text: "Ticket sent, printer says nothing", tone: "calm" };
    case "unconfirmed":
      return { text: "Ticket perhaps printed: look", tone: "bad" };
    case "failed":
      return { text: "Ticket not printed", tone: "bad" };
    case "expired":
      return { text: "Ticket too late, not printed", tone: "bad" };
    case "cancelled":
      return { text: "Ticket called off", tone: "calm" };
  }
}

/** A table as people say it: `7` and `table-7` are both table 7. */
export function tableName(table: string): string {
  return `Table ${table.replace(/^table-/, "")}`;
}
