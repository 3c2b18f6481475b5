// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`COST`].
 */
export interface Cost {
  /**
   * The last days on which something was sent, newest first, at most [`COST_DAYS_MAX`].
   */
  days: Spent[];
  /**
   * The last months likewise, at most [`COST_MONTHS_MAX`].
   */
  months: Spent[];
}
/**
 * What was sent in a day or a month.
 */
export interface Spent {
  /**
   * Requests to the cloud.
   */
  cloud: number;
  /**
   * All lines, in dollars.
   */
  dollars: number;
  /**
   * What each stream sent; files last.
   */
  lines: SpentLine[];
  /**
   * Records that came in: what was done in the house.
   */
  local: number;
  /**
   * `local` of both, in per cent.
   */
  local_percent: number;
  /**
   * `2026-11-21`, or `2026-11`; UTC.
   */
  period: string;
}
/**
 * What one stream sent.
 */
export interface SpentLine {
  /**
   * Bytes of their bodies.
   */
  bytes: number;
  /**
   * What it costs, in dollars.
   */
  dollars: number;
  /**
   * `p0` to `p3`, or `files`.
   */
  of: string;
  /**
   * Requests.
   */
  requests: number;
  /**
   * Bytes on the wire, headers and encryption estimated.
   */
  wire_bytes: number;
}
