// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Reply to [`STAT`].
 */
export interface Stat {
  /**
   * Whether the last upload reached the cloud; absent before the first.
   */
  cloud?: boolean | null;
  files?: FilesStat;
  /**
   * Why the last upload failed; empty when it did not.
   */
  last_error?: string;
  link?: LinkStat;
  /**
   * One entry a stream, most precious first.
   */
  streams: StreamStat[];
}
/**
 * Files that were handed over.
 */
export interface FilesStat {
  /**
   * When the last one was in the cloud, in Unix milliseconds.
   */
  last_at?: Integer | null;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  uploaded: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  uploaded_bytes: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  waiting: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  waiting_bytes: number;
}
/**
 * How the link to the cloud is used.
 */
export interface LinkStat {
  /**
   * Whether an operator chose it; else it is that of the configuration.
   */
  chosen: boolean;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  day_budget: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  day_bytes: number;
  /**
   * The mode in force.
   */
  mode: "normal" | "metered" | "offline";
}
/**
 * One stream of the spool.
 */
export interface StreamStat {
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  dropped_bytes?: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  dropped_records?: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  letters?: number;
  /**
   * When the oldest of them arrived, in Unix milliseconds.
   */
  oldest_at?: Integer | null;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  quota_bytes?: number;
  /**
   * The stream.
   */
  stream: "p0" | "p1" | "p2" | "p3";
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  uploaded_batches: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  uploaded_bytes: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  uploaded_records: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  waiting_bytes: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  waiting_records: number;
}
