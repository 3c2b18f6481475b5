import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { problemOf, sentence } from "./problem";
import type { Rows, Standing } from "./rows";
import { Message } from "./shell";
import type { Inside } from "./staff";
import type { Problem } from "./wire";

/** What a page shows of the hotel's rows. */
export interface Shown {
  standing: Standing;
}

type Stage<S> = { name: "opening" } | { name: "none" } | { name: "failed"; problem: Problem } | { name: "open"; store: S };

interface Props<S> {
  inside: Inside;
  /** Nothing when the hotel has no replica. */
  open: (inside: Inside) => Promise<S | null>;
  children: (store: S) => ComponentChildren;
}

/** The content of a page that lives from the hotel's rows, and how they stand. */
export function ReplicaPage<S extends Shown>({ inside, open, children }: Props<S>) {
  const stage = useSignal<Stage<S>>({ name: "opening" });
  useEffect(() => {
    open(inside)
      .then((store) => (stage.value = store === null ? { name: "none" } : { name: "open", store }))
      .catch((error: unknown) => (stage.value = { name: "failed", problem: problemOf(error) }));
  }, [inside]);
  switch (stage.value.name) {
    case "opening":
      return <Message title="One moment" text="Opening what this tablet knows…" />;
    case "none":
      return (
        <Message
          title="This hotel has no replica"
          text="Its rooms, messages and tasks are not shared with tablets. Whoever looks after the box can change that."
        />
      );
    case "failed":
      return <Message title="The rows cannot be opened" text={sentence(stage.value.problem)} />;
    case "open":
      return (
        <>
          <StandingLine standing={stage.value.store.standing} />
          {children(stage.value.store)}
        </>
      );
  }
}

/** Says whether what is shown is what the box has. */
function StandingLine({ standing }: { standing: Standing }) {
  const { live, pending, outdated } = {
    live: standing.live.value,
    pending: standing.pending.value,
    outdated: standing.outdated.value,
  };
  if (outdated) {
    return (
      <p class="standing" data-tone="warn" role="status">
        <span>The hotel's box is newer than this page.</span>
        <button type="button" class="quiet" onClick={() => location.reload()}>
          Load it anew
        </button>
      </p>
    );
  }
  return (
    <p class="standing" data-tone={live && pending === 0 ? "calm" : "warn"} role="status">
      {live ? "" : "Not in step with the box at the moment. You can go on; what you do is kept. "}
      {pending > 0 && changes(pending)}
      {live && pending === 0 && "In step with the box"}
    </p>
  );
}

function changes(pending: number): string {
  return pending === 1 ? "1 change is not yet with the box." : `${pending} changes are not yet with the box.`;
}

/** A mark on what the box does not have yet. */
export function Unsent({ rows, id }: { rows: Pick<Rows<unknown>, "isUnsent">; id: string }) {
  return rows.isUnsent(id) ? <span class="unsent">not yet with the box</span> : null;
}

/** Says that rows are not for this tablet, and why. */
export function Ended({ problem }: { problem: Problem }) {
  return (
    <p class="refusal" role="alert">
      {sentence(problem)}
    </p>
  );
}
