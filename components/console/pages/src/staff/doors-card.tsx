import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { about } from "../shared/about";
import { Act } from "../shared/act";
import { problemOf, sentence } from "../shared/problem";
import type { Inside } from "../shared/staff";
import { Sure } from "../shared/sure";
import { clock } from "../shared/time";
import type { Door, Doors, Executed, Fact, Problem, Trail, TrailOf } from "../shared/wire";

/** How often the doors are asked for. */
const EVERY_MS = 5_000;
/** How long what somebody signs is good; the box takes seven seconds at most. */
const GOOD_MS = 15_000;

interface Told {
  tone: "good" | "warn" | "bad";
  text: string;
}

export function DoorsCard({ inside }: { inside: Inside }) {
  const { box, keys } = inside;
  const doors = useSignal<Door[] | null>(null);
  const trouble = useSignal("");
  /** How far the box's clock is ahead of the tablet's. */
  const ahead = useSignal(0);
  const look = async () => {
    try {
      const shown = await box.request<object, Doors>(about.doors, {});
      doors.value = shown.doors;
      ahead.value = shown.at - Date.now();
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

  const unlock = async (door: Door): Promise<Told> => {
    if (!box.reached.value) return { tone: "bad", text: "Not opened: the hotel's box is out of reach." };
    try {
      const expiresAt = Date.now() + ahead.value + GOOD_MS;
      return toldOf(await keys.turn(door.device, "unlock", expiresAt));
    } catch (error) {
      return toldOfProblem(problemOf(error));
    } finally {
      void look();
    }
  };
  const trail = (device: string) => box.request<TrailOf, Trail>(about.doorTrail, { device });
  return (
    <section class="card" data-section="doors" aria-labelledby="doors-title">
      <h2 id="doors-title">Doors</h2>
      {trouble.value && <p class="refusal">{trouble.value}</p>}
      {doors.value?.length === 0 && <p class="faint">No door has a lock that can be asked.</p>}
      <ul class="plain stack">
        {doors.value?.map((door) => <DoorRow key={door.device} door={door} unlock={unlock} trail={trail} />)}
      </ul>
    </section>
  );
}

interface RowProps {
  door: Door;
  unlock: (door: Door) => Promise<Told>;
  trail: (device: string) => Promise<Trail>;
}

function DoorRow({ door, unlock, trail }: RowProps) {
  const told = useSignal<Told | null>(null);
  const facts = useSignal<Fact[] | null>(null);
  const name = door.room ?? door.device;
  const show = async () => {
    facts.value = (await trail(door.device)).entries.map(({ body }) => body);
  };
  return (
    <li class="door">
      <div class="door-head">
        <div class="grow">
          <strong>{name}</strong>
          <p class="faint">{stateWord(door)}</p>
        </div>
        <div class="acts">
          <Sure
            word="Unlock"
            label={`Unlock ${name}`}
            really="Unlock it now"
            keep="Leave it"
            act={async () => {
              told.value = await unlock(door);
              if (facts.value !== null) await show();
            }}
          />
          {facts.value === null ? (
            <Act act={show} label={`Trail of ${name}`} quiet>
              Trail
            </Act>
          ) : (
            <button type="button" class="quiet" aria-label={`Hide the trail of ${name}`} onClick={() => (facts.value = null)}>
              Hide
            </button>
          )}
        </div>
      </div>
      <Said told={told} />
      {facts.value !== null && (
        <ol class="plain lines" aria-label={`What happened at ${name}`}>
          {facts.value.length === 0 && <li class="faint">Nothing yet.</li>}
          {facts.value.map((fact) => (
            <li key={fact.seq} data-kind={fact.kind}>
              <span>{factWord(fact)}</span>
              <span class="faint">{clock(fact.at)}</span>
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}

function Said({ told }: { told: Signal<Told | null> }) {
  if (told.value === null) return null;
  return (
    <p role="status" data-tone={told.value.tone}>
      {told.value.text}
    </p>
  );
}

function stateWord({ online, locked }: Door): string {
  const bolt = locked === undefined ? "state unknown" : locked ? "locked" : "unlocked";
  return online ? bolt : `out of reach, last ${bolt}`;
}

/** What the box says of a petition, in words that promise nothing that is not known. */
export function toldOf({ outcome, problem }: Executed): Told {
  const why = problem === undefined ? "" : ` ${sentence(problem)}`;
  switch (outcome) {
    case "succeeded":
      return { tone: "good", text: "The lock says that it opened." };
    case "failed":
      return { tone: "bad", text: `Not opened.${why}` };
    case "rejected":
      return { tone: "bad", text: `The lock refused.${why}` };
    case "timed_out":
      return { tone: "warn", text: "Not known whether it opened: please look at the door." };
  }
}

export function toldOfProblem(problem: Problem): Told {
  // Without an answer it may have been carried out; only a refusal says that it was not.
  if (UNANSWERED.includes(problem.code) && problem.field !== "device") {
    return { tone: "warn", text: "Not known whether it opened: please look at the door." };
  }
  return { tone: "bad", text: `Not opened. ${sentence(problem)}` };
}

const UNANSWERED = ["timed-out", "unavailable", "internal"];

const OUTCOMES: Record<Executed["outcome"], string> = {
  succeeded: "done",
  failed: "not done",
  rejected: "refused by the lock",
  timed_out: "not known whether it was done",
};

/** One line of a trail, for people. */
export function factWord(fact: Fact): string {
  const operation = fact.operation ?? "moved";
  const who = typeof fact.actor === "object" ? fact.actor.principal : fact.actor;
  const outcome = fact.outcome === undefined ? "" : OUTCOMES[fact.outcome];
  switch (fact.kind) {
    case "intent":
      return `${who ?? "somebody"} wants: ${operation}`;
    case "outcome":
      return `${operation}: ${outcome}`;
    case "late":
      return `${operation}: the lock told later: ${outcome}`;
    case "refused":
      return `${operation} refused to ${who ?? "somebody unproven"}: ${fact.problem?.detail ?? ""}`;
    case "lock-operation":
      return `${operation} by ${fact.source ?? "unknown means"}`;
    default:
      return fact.kind;
  }
}
