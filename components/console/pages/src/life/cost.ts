import type { Figures } from "../shared/box";
import type { Order } from "../shared/wire";

/** What one call of an API in the cloud costs, in dollars: the figure that the project began with. */
export const CALL_DOLLARS = 0.001;

/** One hop of an order, and what it costs. */
export interface Hop {
  name: string;
  dollars: number;
}

/** What the order's way costs: only bytes that a relay in the cloud carried do. */
export function hops(figures: Figures | null): Hop[] {
  return [
    { name: "Page to box", dollars: figures?.estimatedCost ?? 0 },
    { name: "Box to printer", dollars: 0 },
    { name: "Box to kitchen and staff", dollars: 0 },
  ];
}

/** What the same steps would cost if each were a call to the cloud: its ticket is one more. */
export function inTheCloud(order: Order): number {
  const calls = order.history.length + (order.ticket === undefined ? 0 : 1);
  return calls * CALL_DOLLARS;
}

export function sum(hops: readonly Hop[]): number {
  return hops.reduce((sum, hop) => sum + hop.dollars, 0);
}
