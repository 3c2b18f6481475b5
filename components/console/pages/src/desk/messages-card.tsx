import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { Act } from "../shared/act";
import { MESSAGE_MAX, type StaffMessage } from "../shared/collections";
import { newId } from "../shared/ids";
import { Ended, Unsent } from "../shared/replica-page";
import type { Rows } from "../shared/rows";
import type { Inside } from "../shared/staff";
import { moment } from "../shared/time";
import { TITLE_MAX, type TaskDraft } from "./tasks-card";

/** Messages that are shown, the newest first. */
const SHOWN_MAX = 100;
/** Longest number of a room. */
export const ROOM_MAX = 20;

interface Props {
  messages: Rows<StaffMessage>;
  me: Pick<Inside, "principal" | "role">;
  toTask: (draft: TaskDraft) => void;
}

/** What staff say to each other, perhaps about a room. */
export function MessagesCard({ messages, me, toTask }: Props) {
  const text = useSignal("");
  const room = useSignal("");
  const field = useRef<HTMLTextAreaElement>(null);
  const about = room.value.trim();
  const say = async (said: string) => {
    const message: StaffMessage = { id: newId(), author: me.principal, role: me.role, text: said, at: Date.now() };
    await messages.put(about === "" ? message : { ...message, room: about });
    text.value = "";
    room.value = "";
  };
  const answer = (message: StaffMessage) => {
    room.value = message.room ?? "";
    text.value = message.author ? `@${message.author} ` : "";
    field.current?.focus();
  };
  const newest = [...(messages.all.value ?? [])].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, SHOWN_MAX);
  return (
    <section class="card" aria-labelledby="messages-title">
      <h2 id="messages-title">Messages</h2>
      {messages.ended.value && <Ended problem={messages.ended.value} />}
      <form class="stack" onSubmit={(event) => event.preventDefault()}>
        <label>
          Message
          <textarea
            ref={field}
            rows={2}
            maxLength={MESSAGE_MAX}
            value={text.value}
            onInput={({ currentTarget }) => (text.value = currentTarget.value)}
          />
        </label>
        <div class="row wrap">
          <label class="short">
            Room, if any
            <input
              type="text"
              autoComplete="off"
              maxLength={ROOM_MAX}
              value={room.value}
              onInput={({ currentTarget }) => (room.value = currentTarget.value)}
            />
          </label>
          <Act act={() => say(text.value.trim())} disabled={text.value.trim() === ""}>
            Send
          </Act>
          {about !== "" && text.value.trim() === "" && (
            <Act quiet act={() => say(`Room ${about} ready?`)}>
              Ask “Room {about} ready?”
            </Act>
          )}
        </div>
      </form>
      {newest.length === 0 && <p class="faint">Nobody has said anything yet.</p>}
      <ul class="plain stack" aria-live="polite">
        {newest.map((message) => (
          <li class="order" key={message.id}>
            <p class="order-head">
              <strong>{message.author ?? "Somebody"}</strong>
              <span class="faint">
                {message.role && `${message.role} · `}
                {moment(message.at)}
              </span>
            </p>
            <p class="said">
              {message.room && <span class="tag">Room {message.room}</span>} {message.text}
            </p>
            <p class="acts">
              <button type="button" class="quiet" onClick={() => answer(message)}>
                Answer
              </button>
              <button
                type="button"
                class="quiet"
                onClick={() => toTask({ title: message.text.slice(0, TITLE_MAX), room: message.room ?? "" })}
              >
                Make it a task
              </button>
              <Unsent rows={messages} id={message.id} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
