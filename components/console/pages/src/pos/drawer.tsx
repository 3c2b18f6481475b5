import { useSignal } from "@preact/signals";

import { about } from "../shared/about";
import type { Box } from "../shared/box";
import { newId } from "../shared/ids";
import type { JobBook } from "../shared/jobs";
import { Sure } from "../shared/sure";
import type { Job, Submit } from "../shared/wire";
import { drawerWord } from "../shared/words";
import { ROUTE } from "./bill";

interface Props {
  box: Box;
  jobs: JobBook;
}

/** Opens the cash drawer where receipts are printed. The box opens it once, soon or not at all. */
export function Drawer({ box, jobs }: Props) {
  const asked = useSignal<Job | null>(null);
  const open = async () => {
    const submit: Submit = { v: 1, job: newId(), route: ROUTE, document: { kind: "drawer" } };
    const job = await box.request<Submit, Job>(about.print, submit);
    jobs.take(job);
    asked.value = job;
  };
  const newest = asked.value && jobs.newest(asked.value);
  return (
    <>
      <p class="acts">
        <Sure word="Open the drawer" label="Open the cash drawer" really="Open it now" keep="Leave it shut" act={open} />
      </p>
      {newest && (
        <p role="status">
          <span class="tag" data-tone={drawerWord(newest).tone}>
            {drawerWord(newest).text}
          </span>
          {newest.state === "failed" && <span class="refusal"> {newest.problem.detail}</span>}
        </p>
      )}
    </>
  );
}
