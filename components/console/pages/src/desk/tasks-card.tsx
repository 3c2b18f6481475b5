import type { Signal } from "@preact/signals";

import { Act } from "../shared/act";
import type { Task, TaskStatus } from "../shared/collections";
import { newId } from "../shared/ids";
import { Ended, Unsent } from "../shared/replica-page";
import { type Rows, without } from "../shared/rows";
import type { Inside } from "../shared/staff";
import { Sure } from "../shared/sure";
import { moment } from "../shared/time";
import { ROOM_MAX } from "./messages-card";

/** Longest title of a task that is written here. */
export const TITLE_MAX = 200;
/** Finished tasks that are still shown. */
const FINISHED_MAX = 20;

const WORD: Record<TaskStatus, string> = { open: "Open", taken: "Taken", done: "Done", cancelled: "Cancelled" };
/** In which order tasks want somebody. */
const ORDER: TaskStatus[] = ["open", "taken"];

/** A task that somebody is writing. */
export interface TaskDraft {
  title: string;
  room: string;
}

export const noDraft: TaskDraft = { title: "", room: "" };

interface Props {
  tasks: Rows<Task>;
  me: Pick<Inside, "principal">;
  draft: Signal<TaskDraft>;
}

/** What is to be done, who does it, and what was done. */
export function TasksCard({ tasks, me, draft }: Props) {
  const { title, room } = draft.value;
  const make = async () => {
    const task: Task = {
      id: newId(),
      title: title.trim(),
      status: "open",
      created_at: Date.now(),
      created_by: me.principal,
    };
    await tasks.put(room.trim() === "" ? task : { ...task, room: room.trim() });
    draft.value = noDraft;
  };
  const all = [...(tasks.all.value ?? [])].sort((a, b) => b.created_at - a.created_at);
  const waiting = ORDER.flatMap((status) => all.filter((task) => task.status === status));
  const finished = all.filter(({ status }) => !ORDER.includes(status)).slice(0, FINISHED_MAX);
  return (
    <section class="card" aria-labelledby="tasks-title">
      <h2 id="tasks-title">
        Tasks <span class="count">{waiting.length}</span>
      </h2>
      {tasks.ended.value && <Ended problem={tasks.ended.value} />}
      <form class="row wrap" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          What is to be done
          <input
            type="text"
            autoComplete="off"
            maxLength={TITLE_MAX}
            value={title}
            onInput={({ currentTarget }) => (draft.value = { ...draft.value, title: currentTarget.value })}
          />
        </label>
        <label class="short">
          In room
          <input
            type="text"
            autoComplete="off"
            maxLength={ROOM_MAX}
            value={room}
            onInput={({ currentTarget }) => (draft.value = { ...draft.value, room: currentTarget.value })}
          />
        </label>
        <Act act={make} disabled={title.trim() === ""}>
          Make task
        </Act>
      </form>
      {waiting.length === 0 && <p class="faint">Nothing to do.</p>}
      <ul class="plain stack">
        {waiting.map((task) => (
          <TaskRow key={task.id} task={task} tasks={tasks} principal={me.principal} />
        ))}
      </ul>
      {finished.length > 0 && (
        <details>
          <summary>Finished lately</summary>
          <ul class="plain lines">
            {finished.map((task) => (
              <li key={task.id}>
                <span>{titleOf(task)}</span>
                <span>
                  {WORD[task.status]} <Unsent rows={tasks} id={task.id} />
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function TaskRow({ task, tasks, principal }: { task: Task; tasks: Rows<Task>; principal: string }) {
  const isMine = task.status === "taken" && task.assigned_to === principal;
  const to = (status: TaskStatus) => tasks.change(task.id, (now) => ({ ...now, status }));
  const take = () => tasks.change(task.id, (now) => ({ ...now, status: "taken", assigned_to: principal }));
  const giveBack = () => tasks.change(task.id, (now) => ({ ...without(now, "assigned_to"), status: "open" }));
  return (
    <li class="order">
      <p class="order-head">
        <strong>{titleOf(task)}</strong>
        <span class="tag" data-tone={task.status === "open" ? "warn" : "good"}>
          {task.status === "taken" ? `With ${task.assigned_to ?? "somebody"}` : WORD[task.status]}
        </span>
      </p>
      {task.note && <p class="wish">{task.note}</p>}
      <p class="faint">
        {moment(task.created_at)}
        {task.created_by && ` · ${task.created_by}`}
      </p>
      <p class="acts">
        {isMine ? (
          <Act act={() => to("done")} label={`Done: ${task.title}`}>
            Done
          </Act>
        ) : (
          <Act act={take} label={`I take it: ${task.title}`}>
            I take it
          </Act>
        )}
        {isMine && (
          <Act quiet act={giveBack} label={`Give back: ${task.title}`}>
            Give back
          </Act>
        )}
        <Sure word="Cancel" label={`Cancel ${task.title}`} really="Cancel the task" keep="Keep it" act={() => to("cancelled")} />
        <Unsent rows={tasks} id={task.id} />
      </p>
    </li>
  );
}

function titleOf({ room, title }: Task): string {
  return room === undefined ? title : `Room ${room}: ${title}`;
}
