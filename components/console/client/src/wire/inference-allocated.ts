// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Reply to [`ALLOCATE`].
 */
export interface Allocated {
  /**
   * Whether rules answered because no model is healthy.
   */
  degraded: boolean;
  /**
   * The model that answered, or in whose place rules answered.
   */
  model: string;
  /**
   * Every candidate, best first; those that do not fit come last.
   */
  rooms: RankedRoom[];
  /**
   * Its version; absent when rules answered.
   */
  version?: Integer | null;
}
/**
 * A candidate with its place.
 */
export interface RankedRoom {
  /**
   * Whether it fits at all: beds for everybody, accessible when needed.
   */
  fits: boolean;
  /**
   * The room.
   */
  room: string;
  /**
   * How well it fits, 0 to 1; 0 when it does not fit at all.
   */
  score: number;
}
