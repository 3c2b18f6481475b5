// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Something that happened.
 */
export interface Event {
  /**
   * Whether somebody must act.
   */
  alarm?: boolean;
  /**
   * When, in Unix milliseconds.
   */
  at: number;
  /**
   * The outbox store.
   */
  boot: number;
  data?: State;
  /**
   * What happened: `opened`, `low-battery`.
   */
  kind: string;
  /**
   * Lowest `seq` the device still holds, when it had to drop older ones unreceived.
   */
  oldest_seq?: Integer | null;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  seq: number;
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * More about it.
 */
export interface State {
  [k: string]: unknown;
}
