import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Act } from "../shared/act";
import type { Box } from "../shared/box";
import type { JobBook } from "../shared/jobs";
import { money } from "../shared/money";
import { Sure } from "../shared/sure";
import type { Job } from "../shared/wire";
import { ticketWord } from "../shared/words";
import { Undecided } from "../staff/printing-card";
import type { Bill } from "./bill";
import { Drawer } from "./drawer";
import type { Printed, Receipts } from "./receipts";

interface Props {
  bill: Bill;
  receipts: Receipts;
  jobs: JobBook;
  box: Box;
}

/** What is to be paid, and its receipt. */
export function BillCard({ bill, receipts, jobs, box }: Props) {
  const printed = useSignal<Printed | null>(null);
  useEffect(
    () =>
      box.onReached(() => {
        receipts
          .last(bill)
          .then((last) => (printed.value = last ?? printed.value))
          // Out of reach again, or not for this role: printing says why.
          .catch(() => undefined);
      }),
    [box],
  );
  const print = async (time: number) => {
    printed.value = await receipts.print(bill, time);
  };
  return (
    <>
      <ul class="plain lines" aria-label="Items">
        {bill.lines.map((line, index) => (
          <li key={index}>
            <span>
              {line.quantity} × {line.name}
            </span>
            <span>{money(line.quantity * line.price_minor, bill.currency)}</span>
          </li>
        ))}
      </ul>
      <p class="total">
        Total <strong>{money(bill.total_minor, bill.currency)}</strong>
      </p>
      {printed.value === null ? (
        <Act act={() => print(1)}>Print the receipt</Act>
      ) : (
        <Receipt printed={printed.value} jobs={jobs} repeat={receipts.mayRepeat(printed.value) ? print : null} />
      )}
      <Drawer box={box} jobs={jobs} />
    </>
  );
}

interface ReceiptProps {
  printed: Printed;
  jobs: JobBook;
  repeat: ((time: number) => Promise<void>) | null;
}

/** What became of the receipt; once that is over, it can be printed again, and says so. */
function Receipt({ printed, jobs, repeat }: ReceiptProps) {
  const job = jobs.newest(printed.job);
  const { text, tone } = ticketWord(job, "Receipt");
  return (
    <>
      <p role="status">
        <span class="tag" data-tone={tone}>
          {text}
        </span>{" "}
        {job.printer && <span class="faint">{job.printer}</span>}
      </p>
      {job.state === "failed" && <p class="refusal">{job.problem.detail}</p>}
      {job.state === "unconfirmed" && (
        <ul class="plain">
          <Undecided job={job} jobs={jobs} />
        </ul>
      )}
      {isOver(job) && repeat && (
        <p class="acts">
          <Sure
            word="Print again"
            label="Print the receipt again"
            really="Print it, marked as printed again"
            keep="Leave it"
            act={() => repeat(printed.time + 1)}
          />
        </p>
      )}
    </>
  );
}

function isOver({ state }: Job): boolean {
  return ["done", "sent-unverified", "failed", "expired", "cancelled"].includes(state);
}
