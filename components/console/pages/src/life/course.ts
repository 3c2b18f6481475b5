import type { Job, Order } from "../shared/wire";
import { statusWord } from "../shared/words";

/** Something that happened to an order. */
export interface Event {
  what: string;
  at: number;
  /** Since the event before, in milliseconds; nothing for the first. */
  sinceMs: number | null;
}

/** What was seen of a ticket, by state. */
export type Seen = ReadonlyMap<Job["state"], number>;

const TICKET: Partial<Record<Job["state"], string>> = {
  printing: "Ticket printing",
  done: "Ticket printed",
  "sent-unverified": "Ticket sent",
  held: "Ticket waits",
  unconfirmed: "Ticket perhaps printed",
  failed: "Ticket not printed",
};

/** The life of an order in the order of events, its ticket's included. */
export function course(order: Order, ticket: Job | undefined, seen: Seen): Event[] {
  const steps = order.history.map(({ status, at }) => ({
    what: status === "pending" ? "Placed" : statusWord[status],
    at,
  }));
  const printed = [...seen].flatMap(([state, at]) => {
    const what = TICKET[state];
    return what === undefined ? [] : [{ what, at }];
  });
  const accepted = ticket === undefined ? [] : [{ what: "Ticket accepted", at: ticket.accepted_at }];
  return [...steps, ...accepted, ...printed]
    .sort((a, b) => a.at - b.at)
    .map((event, index, all) => {
      const before = all[index - 1];
      return { ...event, sinceMs: before === undefined ? null : event.at - before.at };
    });
}

/** From the first event to the last, in milliseconds. */
export function lasted(events: readonly Event[]): number {
  return (events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0);
}
