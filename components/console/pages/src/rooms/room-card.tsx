import { useSignal } from "@preact/signals";

import { Act } from "../shared/act";
import type { HotelRoom, RoomStatus } from "../shared/collections";
import { type Rows, without, withText } from "../shared/rows";
import { ROOM_STATUSES, roomWord } from "./words";

/** Longest note of a room that is written here. */
const NOTE_MAX = 500;

interface Props {
  room: HotelRoom;
  rooms: Rows<HotelRoom>;
  principal: string;
}

/** What can be done about one room. */
export function RoomCard({ room, rooms, principal }: Props) {
  const note = useSignal<string | null>(null);
  const written = note.value ?? room.note ?? "";
  const to = (status: RoomStatus) => rooms.change(room.id, (now) => ({ ...now, status }));
  const assign = (now: HotelRoom): HotelRoom => ({ ...now, assigned_to: principal });
  const giveBack = (now: HotelRoom): HotelRoom => without(now, "assigned_to");
  const isMine = room.assigned_to === principal;
  const save = async () => {
    await rooms.change(room.id, (now) => withText(now, "note", written));
    note.value = null;
  };
  return (
    <li class="order room-card" aria-label={`Room ${room.number}`}>
      <p class="faint">
        Room {room.number} · {room.type} · {room.occupied ? "occupied" : "free"}
      </p>
      <div class="acts" role="group" aria-label={`Status of room ${room.number}`}>
        {ROOM_STATUSES.map((status) => (
          <button
            type="button"
            key={status}
            class={room.status === status ? "" : "quiet"}
            aria-pressed={room.status === status}
            onClick={() => void to(status)}
          >
            {roomWord[status]}
          </button>
        ))}
      </div>
      <p class="acts">
        {isMine ? (
          <Act quiet act={() => rooms.change(room.id, giveBack)}>
            Give it back
          </Act>
        ) : (
          <Act act={() => rooms.change(room.id, assign)}>I take it</Act>
        )}
        {room.assigned_to && !isMine && <span class="faint">Now with {room.assigned_to}</span>}
      </p>
      <label>
        Note
        <textarea
          rows={2}
          maxLength={NOTE_MAX}
          value={written}
          onInput={({ currentTarget }) => (note.value = currentTarget.value)}
        />
      </label>
      <p class="acts">
        <Act quiet act={save} disabled={note.value === null || note.value.trim() === (room.note ?? "")}>
          Save note
        </Act>
      </p>
    </li>
  );
}
