// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * A measurement.
 */
export interface Telemetry {
  /**
   * When, in Unix milliseconds.
   */
  at: number;
  /**
   * The outbox store.
   */
  boot: number;
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
  /**
   * The measured value, in the unit that the capability's name implies or ends with.
   */
  value: boolean | number | string;
}
