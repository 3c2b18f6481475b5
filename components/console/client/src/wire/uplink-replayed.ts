// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`REPLAY`].
 */
export interface Replayed {
  /**
   * Batches that are tried again, one after the other.
   */
  batches: number;
}
