/**
 * The collections of the hotel's rows that pages show, as the tables of replica-sync: a column that
 * is empty is absent, one that may not be empty is required. `version` is that of the table's
 * configuration.
 */

import type { RxJsonSchema } from "@hospitality-edge/client/replication";

export type RoomStatus = "dirty" | "cleaning" | "clean" | "inspected" | "out-of-order";

export interface HotelRoom {
  id: string;
  number: string;
  floor: number;
  type: string;
  status: RoomStatus;
  occupied: boolean;
  /** A principal. */
  assigned_to?: string;
  note?: string;
}

export type TaskStatus = "open" | "taken" | "done" | "cancelled";

export interface Task {
  id: string;
  title: string;
  /** A room's number. */
  room?: string;
  status: TaskStatus;
  assigned_to?: string;
  note?: string;
  /** In Unix milliseconds. */
  created_at: number;
  created_by?: string;
}

/** What staff said; never changed. */
export interface StaffMessage {
  id: string;
  author?: string;
  role?: string;
  room?: string;
  text: string;
  /** In Unix milliseconds. */
  at: number;
}

/** What a guest wrote, with what a model made of it; never leaves the hotel. */
export interface GuestMessage {
  id: string;
  guest: string;
  /** A table. */
  place?: string;
  text: string;
  /** In Unix milliseconds. */
  at: number;
  sentiment?: string;
  score?: number;
  topic?: string;
  /** Whether rules answered in the place of a model. */
  degraded?: boolean;
  /** A principal. */
  answered_by?: string;
}

/** Longest text of a message. */
export const MESSAGE_MAX = 2_000;

const id = { type: "string", maxLength: 100 } as const;
const text = { type: "string" } as const;
const whole = { type: "integer" } as const;

export const rooms: RxJsonSchema<HotelRoom> = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id,
    number: text,
    floor: whole,
    type: text,
    status: text,
    occupied: { type: "boolean" },
    assigned_to: text,
    note: text,
  },
  required: ["id", "number", "floor", "type", "status", "occupied"],
};

export const tasks: RxJsonSchema<Task> = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id,
    title: text,
    room: text,
    status: text,
    assigned_to: text,
    note: text,
    created_at: whole,
    created_by: text,
  },
  required: ["id", "title", "status", "created_at"],
};

export const messages: RxJsonSchema<StaffMessage> = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: { id, author: text, role: text, room: text, text, at: whole },
  required: ["id", "text", "at"],
};

export const guestMessages: RxJsonSchema<GuestMessage> = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id,
    guest: text,
    place: text,
    text,
    at: whole,
    sentiment: text,
    score: { type: "number" },
    topic: text,
    degraded: { type: "boolean" },
    answered_by: text,
  },
  required: ["id", "guest", "text", "at"],
};
