import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { EntrancePage } from "../shared/entrance";
import { JobBook } from "../shared/jobs";
import type { OrderBook } from "../shared/orders";
import type { Entrance, Inside } from "../shared/staff";
import { DoorsCard } from "./doors-card";
import { HouseCard } from "./house-card";
import { OrdersCard } from "./orders-card";
import { PrintingCard } from "./printing-card";
import { RoomsCard } from "./rooms-card";
import { TablesCard } from "./tables-card";
import { TabletsCard } from "./tablets-card";

const SECTIONS = ["Orders", "Tables", "Rooms", "Doors", "Printing", "House"] as const;

export function StaffPage({ entrance }: { entrance: Entrance }) {
  return (
    <EntrancePage entrance={entrance} title="Service" here="/staff">
      {({ inside, book }) => <Desk inside={inside} book={book} />}
    </EntrancePage>
  );
}

/** All of it side by side where there is room, one section at a time where there is not. */
function Desk({ inside, book }: { inside: Inside; book: OrderBook }) {
  const shown = useSignal<(typeof SECTIONS)[number]>("Orders");
  const jobs = useMemo(() => new JobBook(inside.box, book), [inside, book]);
  return (
    <>
      <nav class="tabs" aria-label="Sections">
        {SECTIONS.map((section) => (
          <button
            type="button"
            key={section}
            aria-pressed={shown.value === section}
            onClick={() => (shown.value = section)}
          >
            {section}
            {section === "Printing" && jobs.undecided.value.length > 0 && (
              <span class="count">{jobs.undecided.value.length}</span>
            )}
          </button>
        ))}
      </nav>
      <div class="desk" data-shown={shown.value.toLowerCase()}>
        <OrdersCard book={book} jobs={jobs} />
        <TablesCard inside={inside} />
        <RoomsCard box={inside.box} />
        <DoorsCard inside={inside} />
        <PrintingCard box={inside.box} jobs={jobs} />
        <HouseCard house={inside.house} />
        {inside.role === "manager" && <TabletsCard house={inside.house} />}
      </div>
    </>
  );
}
