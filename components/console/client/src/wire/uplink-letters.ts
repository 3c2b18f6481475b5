// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`LETTERS`].
 */
export interface Letters {
  /**
   * The batches that are set aside, or the one that was asked for.
   */
  letters: Letter[];
  /**
   * Its first lines, as many as fit a reply.
   */
  lines?: Line[];
}
/**
 * A batch that is set aside.
 */
export interface Letter {
  /**
   * When it was set aside, in Unix milliseconds.
   */
  at: number;
  /**
   * Its size, compressed.
   */
  bytes: number;
  /**
   * Place of its first record.
   */
  first: number;
  /**
   * The object that it would be.
   */
  key: string;
  /**
   * Place of its last record.
   */
  last: number;
  /**
   * Its number.
   */
  number: number;
  /**
   * Why.
   */
  reason: string;
  /**
   * Its stream.
   */
  stream: "p0" | "p1" | "p2" | "p3";
}
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
