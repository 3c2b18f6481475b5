import { usePoll } from "../shared/poll";
import type { House } from "../shared/staff";
import type { Status } from "../shared/wire";

/** How often the components are asked for. */
const EVERY_MS = 15_000;

export function HouseCard({ house }: { house: House }) {
  const statuses = usePoll(() => house.statuses(), EVERY_MS);
  return (
    <section class="card" data-section="house" aria-labelledby="house-title">
      <h2 id="house-title">House</h2>
      {statuses.value === null && <p class="faint">Asking…</p>}
      <ul class="plain lines">
        {statuses.value?.components.map(({ component, status }) => (
          <li key={component}>
            <span>{component}</span>
            <span data-tone={status.ready ? "good" : "bad"}>{word(status)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function word(status: Status): string {
  if (status.ready) return "works";
  const missing = status.checks.filter((check) => !check.ready);
  const details = missing.map(({ name, detail }) => (detail ? `${name}: ${detail}` : name));
  return details.length === 0 ? "stopped" : details.join(", ");
}
