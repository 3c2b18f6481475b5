// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Records that will never be uploaded.
 */
export interface Dropped {
  /**
   * Their size in bytes.
   */
  bytes: number;
  /**
   * Place of the first.
   */
  first: number;
  /**
   * Place of the last.
   */
  last: number;
  /**
   * Why.
   */
  reason: "storage-full" | "refused";
  /**
   * How many: all between the two.
   */
  records: number;
}
