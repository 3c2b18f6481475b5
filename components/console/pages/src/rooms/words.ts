import type { RoomStatus } from "../shared/collections";

/** How a status of a room is called, in the order in which a room goes through them. */
export const roomWord: Record<RoomStatus, string> = {
  dirty: "Dirty",
  cleaning: "Cleaning",
  clean: "Clean",
  inspected: "Inspected",
  "out-of-order": "Out of order",
};

export const ROOM_STATUSES = Object.keys(roomWord) as RoomStatus[];
