import { useSignal } from "@preact/signals";

import { EntrancePage } from "../shared/entrance";
import { ReplicaPage } from "../shared/replica-page";
import type { Entrance, Inside } from "../shared/staff";
import { GuestsCard } from "./guests-card";
import { MessagesCard } from "./messages-card";
import type { DeskStore } from "./store";
import { noDraft, TasksCard } from "./tasks-card";

interface Props {
  entrance: Entrance;
  open: (inside: Inside) => Promise<DeskStore | null>;
}

export function DeskPage({ entrance, open }: Props) {
  return (
    <EntrancePage entrance={entrance} title="Desk" here="/desk">
      {({ inside }) => (
        <ReplicaPage inside={inside} open={open}>
          {(store) => <Desk inside={inside} store={store} />}
        </ReplicaPage>
      )}
    </EntrancePage>
  );
}

/** What is said beside what is to be done; a message becomes a task with one tap. */
function Desk({ inside, store }: { inside: Inside; store: DeskStore }) {
  const draft = useSignal(noDraft);
  return (
    <div class="two">
      <MessagesCard messages={store.messages} me={inside} toTask={(task) => (draft.value = task)} />
      {store.guests && <GuestsCard messages={store.guests} me={inside} />}
      <TasksCard tasks={store.tasks} me={inside} draft={draft} />
    </div>
  );
}
