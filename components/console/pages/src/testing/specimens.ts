import type { House } from "../shared/staff";
import type { Hotel, Job, JobState, Menu, Order, OrderStatus } from "../shared/wire";

/** What somebody may write anywhere, and what must never become more than text. */
export const MARKUP = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;

const WAY: OrderStatus[] = ["pending", "confirmed", "preparing", "ready", "served"];

/** An order on its way, one step a minute. */
export function order(number: number, status: OrderStatus, more: Partial<Order> = {}): Order {
  const steps = status === "cancelled" ? ["pending", "cancelled"] as const : WAY.slice(0, WAY.indexOf(status) + 1);
  return {
    v: 1,
    order: `01890a5d-ac96-774b-bcce-${String(number).padStart(12, "0")}`,
    number,
    table: "7",
    lines: [{ item: "soup", name: "Soup of the day", quantity: 2, price_minor: 650, note: "" }],
    note: "",
    total_minor: 1_300,
    currency: "EUR",
    status,
    history: steps.map((step, index) => ({ status: step, at: number * 1_000 + index * 60_000, by: "guest-1" })),
    ...more,
  };
}

export function ticket(of: Order, state: JobState, at: number): Job {
  return {
    ...state,
    v: 1,
    job: of.order,
    principal: "device-proxy",
    route: "kitchen",
    attempts: 1,
    marked: false,
    accepted_at: at - 500,
    at,
  };
}

export const menu: Menu = {
  currency: "EUR",
  decimals: 2,
  items: [
    { item: "soup", name: "Soup of the day", section: "Starters", price_minor: 650 },
    { item: "fish", name: "Grilled trout", section: "Mains", price_minor: 2_150 },
  ],
};

export const hotel: Hotel = {
  v: 1,
  property: "seaside",
  name: "Hotel Seaside",
  ca: "MIIB",
  signaling: [{ url: "ws://greengrass.local:8080", mode: "local" }],
  authority_url: "https://greengrass.local:8444",
  guest_url: "http://greengrass.local:8081",
  staff_url: "https://greengrass.local:8445",
};

/** A house where nobody sits. */
export const house: House = {
  sittings: () => Promise.resolve([]),
  openSitting: () => Promise.reject(new Error("nobody opens tables here")),
  closeSitting: () => Promise.resolve(),
  statuses: () => Promise.resolve({ v: 1, components: [] }),
  invite: () => Promise.reject(new Error("nobody is invited here")),
  enrolments: () => Promise.resolve([]),
  confirm: () => Promise.resolve(),
  withdraw: () => Promise.resolve(),
};

/** Keys that nothing may be turned with. */
export const keys = { turn: () => Promise.reject(new Error("nothing is turned here")) };
