import { useMemo } from "preact/hooks";

import { EntrancePage } from "../shared/entrance";
import type { Entrance } from "../shared/staff";
import { JobBook } from "../shared/jobs";
import type { OrderBook } from "../shared/orders";
import type { Box } from "../shared/box";
import { Board } from "./board";

export function KitchenPage({ entrance }: { entrance: Entrance }) {
  return (
    <EntrancePage entrance={entrance} title="Kitchen" here="/kitchen">
      {({ inside, book }) => <Display box={inside.box} book={book} />}
    </EntrancePage>
  );
}

function Display({ box, book }: { box: Box; book: OrderBook }) {
  const jobs = useMemo(() => new JobBook(box, book), [box, book]);
  return <Board book={book} jobs={jobs} />;
}
