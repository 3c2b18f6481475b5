import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { about } from "../shared/about";
import { Act } from "../shared/act";
import type { Box } from "../shared/box";
import { problemOf, sentence } from "../shared/problem";
import type { Room, Rooms, SetTarget } from "../shared/wire";

/** How often the rooms are asked for. */
const EVERY_MS = 10_000;
/** Steps in which people set a room. */
const STEP_CELSIUS = 0.5;
/** Where a room begins that nobody has set. */
const USUAL_CELSIUS = 21;

export function RoomsCard({ box }: { box: Box }) {
  const rooms = useSignal<Room[] | null>(null);
  const trouble = useSignal("");
  const look = async () => {
    try {
      rooms.value = (await box.request<object, Rooms>(about.climate, {})).rooms;
      trouble.value = "";
    } catch (error) {
      trouble.value = sentence(problemOf(error));
    }
  };
  useEffect(() => {
    const end = box.onReached(() => void look());
    const timer = setInterval(() => {
      if (box.reached.value) void look();
    }, EVERY_MS);
    return () => {
      end();
      clearInterval(timer);
    };
  }, [box]);

  const set = async (device: string, celsius: number) => {
    const body: SetTarget = { device, target_celsius: celsius };
    const room = await box.request<SetTarget, Room>(about.setClimate, body);
    rooms.value = (rooms.value ?? []).map((other) => (other.device === device ? room : other));
  };
  return (
    <section class="card" data-section="rooms" aria-labelledby="rooms-title">
      <h2 id="rooms-title">Rooms</h2>
      {trouble.value && <p class="refusal">{trouble.value}</p>}
      {rooms.value?.length === 0 && <p class="faint">No room has a thermostat.</p>}
      <ul class="plain stack">
        {rooms.value?.map((room) => <RoomRow key={room.device} room={room} set={set} />)}
      </ul>
    </section>
  );
}

function RoomRow({ room, set }: { room: Room; set: (device: string, celsius: number) => Promise<void> }) {
  const wanted = room.desired_celsius ?? room.target_celsius;
  const draft = useSignal<number | null>(null);
  const target = draft.value ?? wanted ?? USUAL_CELSIUS;
  const name = room.room ?? room.device;
  const move = (by: number) => (draft.value = target + by);
  return (
    <li class="room">
      <div class="grow">
        <strong>{name}</strong>
        <p class="faint">
          {room.online ? "" : "Out of reach · "}
          {degrees(room.temperature_celsius)} now
          {room.desired_celsius !== undefined && ` · ${degrees(room.desired_celsius)} on its way`}
        </p>
      </div>
      <div class="stepper" role="group" aria-label={`Target of ${name}`}>
        <button type="button" class="round quiet" aria-label={`${name} colder`} onClick={() => move(-STEP_CELSIUS)}>
          −
        </button>
        <output aria-live="polite">{degrees(target)}</output>
        <button type="button" class="round quiet" aria-label={`${name} warmer`} onClick={() => move(STEP_CELSIUS)}>
          +
        </button>
      </div>
      <Act
        act={async () => {
          await set(room.device, target);
          draft.value = null;
        }}
        label={`Set ${name} to ${degrees(target)}`}
        disabled={draft.value === null || draft.value === wanted}
      >
        Set
      </Act>
    </li>
  );
}

function degrees(celsius: number | undefined): string {
  return celsius === undefined ? "– °C" : `${celsius.toFixed(1)} °C`;
}
