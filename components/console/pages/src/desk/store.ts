import { type GuestMessage, guestMessages, messages, type StaffMessage, type Task, tasks } from "../shared/collections";
import { openReplica } from "../shared/replica-rows";
import type { Shown } from "../shared/replica-page";
import type { Rows } from "../shared/rows";
import type { Inside } from "../shared/staff";

export interface DeskStore extends Shown {
  messages: Rows<StaffMessage>;
  tasks: Rows<Task>;
  /** What guests wrote; nothing for roles that do not read it. */
  guests: Rows<GuestMessage> | null;
}

/** Who reads what guests write. */
const READERS = ["front-desk", "manager"];

/** What staff say and have to do; nothing when the hotel has no replica. */
export async function openDesk(inside: Inside): Promise<DeskStore | null> {
  const standing = await openReplica(inside, "desk");
  return (
    standing && {
      standing,
      messages: await standing.rows("messages", messages),
      tasks: await standing.rows("tasks", tasks),
      guests: READERS.includes(inside.role) ? await standing.rows("guest_messages", guestMessages) : null,
    }
  );
}
