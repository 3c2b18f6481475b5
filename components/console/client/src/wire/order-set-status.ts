// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Moves an order on.
 */
export interface SetStatus {
  /**
   * The order.
   */
  order: string;
  /**
   * Where to.
   */
  status: "pending" | "confirmed" | "preparing" | "ready" | "served" | "cancelled";
  /**
   * Version of this body.
   */
  v: number;
}
