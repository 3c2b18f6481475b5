/**
 * What is said to and by the hotel's box, the authority and the console, in the words of the Rust
 * crate `wire`; only what pages read and write.
 */

export interface Problem {
  code: string;
  title: string;
  status: number;
  detail: string;
  field?: string;
}

/** Answer of `GET /api/hotel`. */
export interface Hotel {
  v: 1;
  property: string;
  name: string;
  /** Certificate of the property's CA, DER, base64url. */
  ca: string;
  signaling: { url: string; mode: "local" | "cloud" }[];
  authority_url: string;
  guest_url: string;
  staff_url: string;
  /** Where the hotel's rows are replicated; absent when they are not. */
  replica_url?: string;
}

/** Answer of `GET /api/status`. */
export interface Statuses {
  v: 1;
  components: { component: string; status: Status }[];
}

export interface Status {
  v: 1;
  version: string;
  ready: boolean;
  checks: { name: string; ready: boolean; detail?: string }[];
  backlog: number;
}

/** Answer of `POST /invitations`; what pages need of it. */
export interface Invitation {
  principal: string;
  url: string;
  expires_at: number;
}

/** Answer of `GET /invitations`. */
export interface Enrolments {
  enrolments: Enrolment[];
}

/** One name that waits for its tablet. */
export interface Enrolment {
  principal: string;
  role: string;
  name: string;
  /** What the tablet that took it up has to show; absent while none has. */
  digits?: string;
  expires_at: number;
}

export interface Menu {
  currency: string;
  decimals: number;
  items: MenuItem[];
}

export interface MenuItem {
  item: string;
  name: string;
  section: string;
  price_minor: number;
}

export interface Place {
  v: 1;
  order: string;
  items: Wish[];
  note: string;
  total_minor: number;
}

export interface Wish {
  item: string;
  quantity: number;
  note: string;
}

export type OrderStatus =
  | "pending"
  | "confirmed"
  | "preparing"
  | "ready"
  | "served"
  | "cancelled";

export interface Order {
  v: 1;
  order: string;
  number: number;
  table: string;
  lines: OrderLine[];
  note: string;
  total_minor: number;
  currency: string;
  status: OrderStatus;
  history: Step[];
  ticket?: Job;
}

export interface OrderLine {
  item: string;
  name: string;
  quantity: number;
  price_minor: number;
  note: string;
}

export interface Step {
  status: OrderStatus;
  at: number;
  by: string;
}

export interface SetStatus {
  v: 1;
  order: string;
  status: OrderStatus;
}

export interface Orders {
  orders: Order[];
}

export type Held = "paper" | "cover" | "offline" | "error" | "unconfirmed" | "queue";

export type JobState =
  | { state: "held"; reason: Held }
  | { state: "failed"; problem: Problem }
  | {
      state:
        | "accepted"
        | "dispatching"
        | "printing"
        | "done"
        | "expired"
        | "cancelled"
        | "unconfirmed"
        | "sent-unverified";
    };

export type Job = JobState & {
  v: 1;
  job: string;
  principal: string;
  route: string;
  printer?: string;
  attempts: number;
  marked: boolean;
  accepted_at: number;
  at: number;
};

/** A wish to print. */
export interface Submit {
  v: 1;
  /** The same again is the same job. */
  job: string;
  route: string;
  document: { kind: "receipt"; lines: ReceiptLine[] } | { kind: "drawer" };
}

export type ReceiptLine =
  | { kind: "text"; text: string; align?: "left" | "center" | "right"; bold?: boolean; width?: number; height?: number }
  | { kind: "columns"; cells: ReceiptCell[]; bold?: boolean }
  | { kind: "rule" };

export interface ReceiptCell {
  text: string;
  /** In characters; absent once: whatever is left. */
  width?: number;
  align?: "left" | "center" | "right";
}

export interface JobOf {
  job: string;
}

export type Decision = "printed" | "reprint" | "drop";

export interface Resolve {
  job: string;
  principal: string;
  decision: Decision;
}

export interface Printers {
  printers: Printer[];
}

export interface Printer {
  printer: string;
  held?: Held;
  paper_low: boolean;
  waiting: number;
  at?: number;
}

export interface Rooms {
  rooms: Room[];
}

export interface Room {
  device: string;
  room?: string;
  online: boolean;
  temperature_celsius?: number;
  target_celsius?: number;
  desired_celsius?: number;
}

export interface SetTarget {
  device: string;
  target_celsius: number;
}

export interface Doors {
  /** The box's time. */
  at: number;
  doors: Door[];
}

export interface Door {
  device: string;
  room?: string;
  online: boolean;
  locked?: boolean;
}

export interface Executed {
  execution: string;
  outcome: "succeeded" | "failed" | "rejected" | "timed_out";
  problem?: Problem;
}

export interface TrailOf {
  device: string;
}

export interface Trail {
  entries: { body: Fact; sha256: string }[];
}

/** What happened at a door; which members there are depends on its kind. */
export interface Fact {
  seq: number;
  at: number;
  kind: string;
  operation?: string;
  source?: string;
  execution?: string;
  outcome?: Executed["outcome"];
  problem?: Problem;
  /** Of an intent who signed it; of a refusal who was refused. */
  actor?: { principal: string; role: string } | string;
}

export interface Sitting {
  sitting: string;
  table: string;
  open: boolean;
  opened_at: number;
  expires_at: number;
  opened_by: string;
  guests: number;
}

export interface Sittings {
  sittings: Sitting[];
}

export interface Notification {
  title: string;
  body: string;
}
