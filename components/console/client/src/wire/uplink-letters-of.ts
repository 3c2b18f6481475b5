// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Body of a [`LETTERS`] request.
 */
export interface LettersOf {
  /**
   * The lines of the one of this number; absent for the list of all.
   */
  number?: Integer | null;
}
