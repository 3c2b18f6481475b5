import { describe, expect, it } from "vitest";

import type { Job } from "../shared/wire";
import { order, ticket } from "../testing/specimens";
import { StubBox } from "../testing/stub-box";
import { about } from "../shared/about";
import { OrderBook } from "../shared/orders";
import { hops, inTheCloud, sum } from "./cost";
import { course, lasted } from "./course";
import { Sightings } from "./sightings";

describe("the course of an order", () => {
  it("holds every step with the time since the one before", () => {
    const ready = order(1, "ready");
    const job = ticket(ready, { state: "done" }, 63_000);
    const seen = new Map<Job["state"], number>([
      ["printing", 62_800],
      ["done", 63_000],
    ]);
    const events = course(ready, job, seen);
    expect(events.map(({ what, sinceMs }) => [what, sinceMs])).toEqual([
      ["Placed", null],
      ["Confirmed", 60_000],
      ["Ticket accepted", 1_500],
      ["Ticket printing", 300],
      ["Ticket printed", 200],
      ["Preparing", 58_000],
      ["Ready", 60_000],
    ]);
    expect(lasted(events)).toBe(180_000);
  });

  it("remembers when a ticket was first seen in each state", () => {
    const box = new StubBox();
    const sightings = new Sightings(box, new OrderBook(box));
    const confirmed = order(1, "confirmed");
    box.say(about.printStatus, ticket(confirmed, { state: "printing" }, 1_000));
    box.say(about.printStatus, ticket(confirmed, { state: "printing" }, 1_500));
    box.say(about.printStatus, ticket(confirmed, { state: "done" }, 2_000));
    expect([...sightings.of(confirmed.order)]).toEqual([
      ["printing", 1_000],
      ["done", 2_000],
    ]);
  });
});

describe("the cost of an order", () => {
  it("is what a relay carried, and a call a step in a cloud", () => {
    const figures = {
      topology: "cloud-relay" as const,
      latencyMs: 80,
      estimatedCost: 0.000_02,
      bytesSent: 1,
      bytesReceived: 2,
    };
    expect(sum(hops(figures))).toBe(0.000_02);
    expect(sum(hops(null))).toBe(0);
    expect(inTheCloud(order(1, "served"))).toBeCloseTo(0.005);
  });
});
