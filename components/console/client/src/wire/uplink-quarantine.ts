// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of a [`QUARANTINE`] request.
 */
export interface Quarantine {
  /**
   * The stream whose batch is set aside.
   */
  stream: "p0" | "p1" | "p2" | "p3";
}
