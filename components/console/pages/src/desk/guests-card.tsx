import { Act } from "../shared/act";
import type { GuestMessage } from "../shared/collections";
import { Ended, Unsent } from "../shared/replica-page";
import type { Rows } from "../shared/rows";
import type { Inside } from "../shared/staff";
import { moment } from "../shared/time";
import { tableName } from "../shared/words";

/** Messages that are shown, the newest first. */
const SHOWN_MAX = 100;

interface Props {
  messages: Rows<GuestMessage>;
  me: Pick<Inside, "principal">;
}

/** What guests wrote, how it sounds and what it is about. */
export function GuestsCard({ messages, me }: Props) {
  const newest = [...(messages.all.value ?? [])].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, SHOWN_MAX);
  return (
    <section class="card" aria-labelledby="guests-title">
      <h2 id="guests-title">From guests</h2>
      {messages.ended.value && <Ended problem={messages.ended.value} />}
      {newest.length === 0 && <p class="faint">No guest has written yet.</p>}
      <ul class="plain stack" aria-live="polite">
        {newest.map((message) => (
          <li class="order" key={message.id}>
            <p class="order-head">
              <strong>{message.place ? tableName(message.place) : "A guest"}</strong>
              <span class="faint">{moment(message.at)}</span>
            </p>
            <p class="said">{message.text}</p>
            <p class="acts">
              <span class="tag">{sound(message)}</span>
              {message.topic && <span class="tag">{message.topic}</span>}
              {message.answered_by ? (
                <span class="faint">seen to by {message.answered_by}</span>
              ) : (
                <Act quiet act={() => messages.change(message.id, (now) => ({ ...now, answered_by: me.principal }))}>
                  I see to it
                </Act>
              )}
              <Unsent rows={messages} id={message.id} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How a message sounds, as far as anything can tell. */
function sound({ sentiment, degraded }: GuestMessage): string {
  if (sentiment === undefined) return "not read by a model";
  return degraded ? `${sentiment}, by rules` : sentiment;
}
