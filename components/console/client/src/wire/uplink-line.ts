// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * One line of an object in S3: a record with where it came from.
 *
 * Objects are NDJSON compressed with zstd, named
 * `v1/stream={stream}/property={property}/box={box}/dt={YYYY-MM-DD}/hour={HH}/{first}-{last}-{digest}.ndjson.zst`
 * where `first` and `last` are the places of their records in the box's stream, date and hour are
 * those at which its first record was committed (UTC), and `digest` is the first 16 hexadecimal
 * digits of the object's SHA-256.
 */
export interface Line {
  /**
   * In which batch.
   */
  batch: string;
  /**
   * Place in the box's stream; counts from 1 without gaps.
   */
  place: number;
  /**
   * Who handed it over.
   */
  principal: string;
  record: Record;
  /**
   * Version of this line.
   */
  v: number;
}
/**
 * The record.
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
