// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A batch of records of one stream, in order.
 *
 * Bytes and id of a batch are fixed when it is first sent; a repetition carries the same.
 */
export interface Records {
  /**
   * 1 to [`crate::bound::BATCH_RECORDS_MAX`] records.
   */
  records: Record[];
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * One fact to keep.
 */
export interface Record {
  /**
   * When, in Unix milliseconds, by the sender's clock.
   */
  at: number;
  /**
   * The fact.
   */
  body: {
    [k: string]: unknown;
  };
  /**
   * What sort of fact: `telemetry`, `reported`, `device-event`.
   */
  kind: string;
}
