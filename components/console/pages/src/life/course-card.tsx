import { clock, duration } from "../shared/time";
import type { Job, Order } from "../shared/wire";
import { course, lasted, type Seen } from "./course";

interface Props {
  order: Order;
  ticket: Job | undefined;
  seen: Seen;
}

export function CourseCard({ order, ticket, seen }: Props) {
  const events = course(order, ticket, seen);
  return (
    <>
      <ol class="course">
        {events.map(({ what, at, sinceMs }, index) => (
          <li key={index}>
            <strong>{what}</strong>
            <span class="faint">{clock(at, true)}</span>
            {sinceMs !== null && <span class="hop">+{duration(sinceMs)}</span>}
          </li>
        ))}
      </ol>
      <p class="total">
        <span>From first to last</span>
        <strong>{duration(lasted(events))}</strong>
      </p>
    </>
  );
}
