import { useSignal } from "@preact/signals";
import { Fragment } from "preact";

import type { HotelRoom, RoomStatus } from "../shared/collections";
import { Ended, Unsent } from "../shared/replica-page";
import type { Rows } from "../shared/rows";
import { RoomCard } from "./room-card";
import { roomWord } from "./words";

/** Which rooms somebody wants to see. */
const VIEWS = ["All", "To do", "Mine"] as const;
type View = (typeof VIEWS)[number];

/** Rooms that housekeeping has to see to. */
const TO_DO: RoomStatus[] = ["dirty", "cleaning"];

interface Props {
  rooms: Rows<HotelRoom>;
  principal: string;
}

/** The rooms by floor; one of them open to be changed. */
export function RoomBoard({ rooms, principal }: Props) {
  const view = useSignal<View>("All");
  const open = useSignal<string | null>(null);
  const all = rooms.all.value ?? [];
  const shown = (of: View) => all.filter((room) => isShown(room, of, principal));
  const ended = rooms.ended.value;
  return (
    <div class="stack">
      {ended && <Ended problem={ended} />}
      <div class="chips" role="group" aria-label="Which rooms">
        {VIEWS.map((name) => (
          <button type="button" key={name} aria-pressed={view.value === name} onClick={() => (view.value = name)}>
            {name} <span class="count">{shown(name).length}</span>
          </button>
        ))}
      </div>
      {all.length === 0 && !ended && (
        <p class="faint">{rooms.all.value === null ? "Reading…" : "No room is here yet. Rooms appear as the box tells of them."}</p>
      )}
      {byFloor(shown(view.value)).map(([floor, here]) => (
        <section key={floor} aria-labelledby={`floor-${floor}`}>
          <h2 id={`floor-${floor}`}>{floorWord(floor)}</h2>
          <ul class="plain rooms">
            {here.map((room) => (
              <Fragment key={room.id}>
                <Tile
                  room={room}
                  rooms={rooms}
                  isOpen={open.value === room.id}
                  toggle={() => (open.value = open.value === room.id ? null : room.id)}
                />
                {open.value === room.id && <RoomCard room={room} rooms={rooms} principal={principal} />}
              </Fragment>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface TileProps {
  room: HotelRoom;
  rooms: Rows<HotelRoom>;
  isOpen: boolean;
  toggle: () => void;
}

function Tile({ room, rooms, isOpen, toggle }: TileProps) {
  return (
    <li>
      <button type="button" class="tile" data-status={room.status} aria-expanded={isOpen} onClick={toggle}>
        <span class="tile-head">
          <strong>
            <span class="hidden">Room </span>
            {room.number}
          </strong>
          <span class="faint">{room.occupied ? "occupied" : "free"}</span>
        </span>
        <span class="tag" data-room={room.status}>
          {roomWord[room.status]}
        </span>
        {room.assigned_to && <span class="faint">{room.assigned_to}</span>}
        {room.note && <span class="wish">{room.note}</span>}
        <Unsent rows={rooms} id={room.id} />
      </button>
    </li>
  );
}

function isShown(room: HotelRoom, view: View, principal: string): boolean {
  switch (view) {
    case "All":
      return true;
    case "To do":
      return TO_DO.includes(room.status);
    case "Mine":
      return room.assigned_to === principal;
  }
}

/** Floors from the lowest, rooms by their number. */
function byFloor(rooms: readonly HotelRoom[]): [number, HotelRoom[]][] {
  const floors = new Map<number, HotelRoom[]>();
  const sorted = [...rooms].sort((a, b) => a.number.localeCompare(b.number, undefined, { numeric: true }));
  for (const room of sorted) floors.set(room.floor, [...(floors.get(room.floor) ?? []), room]);
  return [...floors].sort(([a], [b]) => a - b);
}

function floorWord(floor: number): string {
  return floor === 0 ? "Ground floor" : `Floor ${floor}`;
}
