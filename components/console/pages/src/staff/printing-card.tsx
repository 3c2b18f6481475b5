import { about } from "../shared/about";
import { Act } from "../shared/act";
import type { Box } from "../shared/box";
import type { JobBook } from "../shared/jobs";
import { usePoll } from "../shared/poll";
import { clock } from "../shared/time";
import type { Decision, Job, Printer, Printers } from "../shared/wire";
import { heldWord } from "../shared/words";

/** How often printers are asked for. */
const EVERY_MS = 5_000;
/** What somebody may have found at the printer. */
const DECISIONS: [Decision, string][] = [
  ["printed", "It is there"],
  ["reprint", "Print it again, marked"],
  ["drop", "Forget it"],
];

export function PrintingCard({ box, jobs }: { box: Box; jobs: JobBook }) {
  const printers = usePoll(
    () => box.request<object, Printers>(about.printers, {}),
    EVERY_MS,
    box.reached.value,
  );
  const undecided = jobs.undecided.value;
  return (
    <section class="card" data-section="printing" aria-labelledby="printing-title">
      <h2 id="printing-title">Printing</h2>
      {undecided.length > 0 && (
        <div role="alert">
          <p>These may have been printed. Please look at the printer:</p>
          <ul class="plain stack">
            {undecided.map((job) => (
              <Undecided key={job.job} job={job} jobs={jobs} />
            ))}
          </ul>
        </div>
      )}
      <ul class="plain lines">
        {printers.value?.printers.map((printer) => <PrinterRow key={printer.printer} printer={printer} />)}
      </ul>
    </section>
  );
}

/** A job that may have been printed, and what somebody may have found at the printer. */
export function Undecided({ job, jobs }: { job: Job; jobs: JobBook }) {
  const what = `${job.route} ticket of ${clock(job.accepted_at)}`;
  return (
    <li class="order" data-tone="bad">
      <p>
        <strong>{what}</strong>
        {job.printer && ` on ${job.printer}`}
      </p>
      <p class="acts">
        {DECISIONS.map(([decision, word]) => (
          <Act key={decision} act={() => jobs.decide(job, decision)} label={`${word}: ${what}`} quiet>
            {word}
          </Act>
        ))}
      </p>
    </li>
  );
}

function PrinterRow({ printer }: { printer: Printer }) {
  const state = printer.held === undefined ? "ready" : heldWord(printer.held);
  const tone = printer.held === undefined ? "good" : "warn";
  return (
    <li>
      <span>{printer.printer}</span>
      <span>
        <span data-tone={tone}>{state}</span>
        {printer.paper_low && " · paper runs low"}
        {printer.waiting > 0 && ` · ${printer.waiting} wait`}
      </span>
    </li>
  );
}
