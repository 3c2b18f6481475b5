import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Act } from "../shared/act";
import { problemOf, sentence } from "../shared/problem";
import { Qr } from "../shared/qr";
import type { Inside } from "../shared/staff";
import { Sure } from "../shared/sure";
import { clock } from "../shared/time";
import type { Sitting } from "../shared/wire";
import { tableName } from "../shared/words";

/** How often open tables are asked for: another tablet may have changed them. */
const EVERY_MS = 10_000;

export function TablesCard({ inside }: { inside: Inside }) {
  const { house, hotel } = inside;
  const sittings = useSignal<Sitting[] | null>(null);
  const trouble = useSignal("");
  const table = useSignal("");

  const look = async () => {
    try {
      sittings.value = await house.sittings();
      trouble.value = "";
    } catch (error) {
      trouble.value = sentence(problemOf(error));
    }
  };
  useEffect(() => {
    void look();
    const timer = setInterval(() => void look(), EVERY_MS);
    return () => clearInterval(timer);
  }, [house]);

  const open = async () => {
    await house.openSitting(wordOf(table.value));
    table.value = "";
    await look();
  };
  return (
    <section class="card" data-section="tables" aria-labelledby="tables-title">
      <h2 id="tables-title">Tables</h2>
      <form class="row" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          Table
          <input
            type="text"
            autoComplete="off"
            maxLength={40}
            value={table.value}
            onInput={({ currentTarget }) => (table.value = currentTarget.value)}
          />
        </label>
        <Act act={open} disabled={wordOf(table.value) === ""}>
          Open
        </Act>
      </form>
      {trouble.value && (
        <p class="refusal" role="alert">
          {trouble.value}
        </p>
      )}
      {sittings.value?.length === 0 && <p class="faint">No table is open.</p>}
      <ul class="plain stack">
        {sittings.value?.map((sitting) => (
          <SittingRow
            key={sitting.sitting}
            sitting={sitting}
            link={`${hotel.guest_url}/t/${sitting.table}`}
            close={async () => {
              await house.closeSitting(sitting.sitting);
              await look();
            }}
          />
        ))}
      </ul>
    </section>
  );
}

function SittingRow({ sitting, link, close }: { sitting: Sitting; link: string; close: () => Promise<void> }) {
  const guests = sitting.guests === 1 ? "1 guest" : `${sitting.guests} guests`;
  return (
    <li class="order">
      <p class="order-head">
        <strong>{tableName(sitting.table)}</strong>
        <span class="faint">
          since {clock(sitting.opened_at)} · {guests}
        </span>
      </p>
      <details>
        <summary>Link for guests</summary>
        <div class="link">
          <Qr text={link} label={`QR code of the page for ${tableName(sitting.table)}`} />
          <a href={link}>{link}</a>
        </div>
      </details>
      <p class="acts">
        <Sure
          word="Close table"
          label={`Close ${tableName(sitting.table)}`}
          really="Close it, guests lose access"
          keep="Keep open"
          act={close}
        />
      </p>
    </li>
  );
}

/** A table as the hotel's words spell it: small letters, digits and dashes. */
export function wordOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
}
