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

/** How a ticket, or `what` else is printed, stands, in a few words. */
export function ticketWord(job: Job, what = "Ticket"): { text: string; tone: Tone } {
  switch (job.state) {
    case "accepted":
    case "dispatching":
      return { text: `${what} on its way`, tone: "calm" };
    case "held":
      return { text: `${what} waits: ${HELD[job.reason]}`, tone: "warn" };
    case "printing":
      return { text: `${what} printing`, tone: "calm" };
    case "done":
      return { text: `${what} printed`, tone: "good" };
    case "sent-unverified":
      return { text: `${what} sent, printer says nothing`, tone: "calm" };
    case "unconfirmed":
      return { text: `${what} perhaps printed: look`, tone: "bad" };
    case "failed":
      return { text: `${what} not printed`, tone: "bad" };
    case "expired":
      return { text: `${what} too late, not printed`, tone: "bad" };
    case "cancelled":
      return { text: `${what} called off`, tone: "calm" };
  }
}

/** What became of a wish to open the drawer. */
export function drawerWord(job: Job): { text: string; tone: Tone } {
  switch (job.state) {
    case "accepted":
    case "dispatching":
    case "printing":
      return { text: "Drawer opening", tone: "calm" };
    case "held":
      return { text: `Drawer waits: ${HELD[job.reason]}`, tone: "warn" };
    case "done":
      return { text: "Drawer opened", tone: "good" };
    case "sent-unverified":
      return { text: "Drawer asked to open, printer says nothing", tone: "calm" };
    case "unconfirmed":
    case "failed":
      return { text: "Drawer perhaps opened: look", tone: "bad" };
    case "expired":
      return { text: "Too late, drawer not opened", tone: "bad" };
    case "cancelled":
      return { text: "Called off, drawer not opened", tone: "calm" };
  }
}

/** A table as people say it: `7` and `table-7` are both table 7. */
export function tableName(table: string): string {
  return `Table ${table.replace(/^table-/, "")}`;
}

/** Six digits as people read them out. */
export function grouped(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}
