import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import type { Box } from "../shared/box";
import { EntrancePage } from "../shared/entrance";
import { JobBook } from "../shared/jobs";
import type { OrderBook } from "../shared/orders";
import { usePoll } from "../shared/poll";
import type { Entrance } from "../shared/staff";
import { clock } from "../shared/time";
import { statusWord, tableName } from "../shared/words";
import { CourseCard } from "./course-card";
import { CostCard, NetworkCard } from "./network-card";
import { Sightings } from "./sightings";

/** How often the network is measured. */
const EVERY_MS = 2_000;
/** Orders to choose from. */
const ORDERS_MAX = 25;

export function LifePage({ entrance }: { entrance: Entrance }) {
  return (
    <EntrancePage entrance={entrance} title="The life of an order" here="/life">
      {({ inside, book }) => <Life box={inside.box} book={book} />}
    </EntrancePage>
  );
}

function Life({ box, book }: { box: Box; book: OrderBook }) {
  const jobs = useMemo(() => new JobBook(box, book), [box, book]);
  const sightings = useMemo(() => new Sightings(box, book), [box, book]);
  const figures = usePoll(() => box.figures(), EVERY_MS, box.reached.value);
  const chosen = useSignal("");
  const orders = book.orders.value.slice(0, ORDERS_MAX);
  const order = orders.find(({ order }) => order === chosen.value) ?? orders[0];
  return (
    <div class="life">
      <section class="card" aria-labelledby="course-title">
        <h2 id="course-title">Its course</h2>
        <label>
          Order
          <select
            value={order?.order ?? ""}
            disabled={orders.length === 0}
            onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}
          >
            {orders.map((order) => (
              <option key={order.order} value={order.order}>
                No. {order.number}, {tableName(order.table)}, {clock(order.history[0]?.at ?? 0)},{" "}
                {statusWord[order.status].toLowerCase()}
              </option>
            ))}
          </select>
        </label>
        {order === undefined ? (
          <p class="faint">No order yet.</p>
        ) : (
          <CourseCard
            order={order}
            ticket={order.ticket && jobs.newest(order.ticket)}
            seen={sightings.of(order.order)}
          />
        )}
      </section>
      <div class="side">
        <NetworkCard mode={box.mode.value} reached={box.reached.value} figures={figures.value} />
        {order && <CostCard order={order} figures={figures.value} />}
      </div>
    </div>
  );
}
