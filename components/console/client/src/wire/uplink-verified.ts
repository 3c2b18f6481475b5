// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`VERIFY`].
 */
export interface Verified {
  /**
   * One entry a stream, most precious first.
   */
  streams: VerifiedStream[];
}
/**
 * A stream of the spool, counted again.
 */
export interface VerifiedStream {
  /**
   * What does not hold; empty when all is well.
   */
  faults?: string[];
  /**
   * The place that the next record gets.
   */
  next_place: number;
  /**
   * Places that are in the spool, in order; the bucket has all others below `next_place`.
   */
  spans: Span[];
  /**
   * The stream.
   */
  stream: "p0" | "p1" | "p2" | "p3";
}
/**
 * Places in a row, and where they are.
 */
export interface Span {
  /**
   * The first.
   */
  first: number;
  /**
   * Where.
   */
  kept: "waiting" | "sealed" | "letter";
  /**
   * The last.
   */
  last: number;
}
