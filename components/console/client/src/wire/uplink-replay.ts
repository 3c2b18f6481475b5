// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Body of a [`REPLAY`] request.
 */
export interface Replay {
  /**
   * The one of this number; absent for all.
   */
  number?: Integer | null;
}
