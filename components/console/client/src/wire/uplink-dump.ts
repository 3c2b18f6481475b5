// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of a [`DUMP`] request.
 */
export interface Dump {
  /**
   * At most this many records, up to [`DUMP_MAX`].
   */
  limit: number;
  /**
   * The stream.
   */
  stream: "p0" | "p1" | "p2" | "p3";
}
