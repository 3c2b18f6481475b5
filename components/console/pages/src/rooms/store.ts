import { type HotelRoom, rooms } from "../shared/collections";
import { openReplica } from "../shared/replica-rows";
import type { Shown } from "../shared/replica-page";
import type { Rows } from "../shared/rows";
import type { Inside } from "../shared/staff";

export interface RoomStore extends Shown {
  rooms: Rows<HotelRoom>;
}

/** The rooms of the hotel; nothing when it has no replica. */
export async function openRooms(inside: Inside): Promise<RoomStore | null> {
  const standing = await openReplica(inside, "rooms");
  return standing && { standing, rooms: await standing.rows("rooms", rooms) };
}
