// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * A party sits down.
 */
export interface OpenSitting {
  /**
   * For how long at most, in milliseconds, up to [`SITTING_MAX_MS`]; 4 hours when absent.
   */
  life_ms?: Integer | null;
  /**
   * Where; at most one open sitting at a time.
   */
  table: string;
}
