// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * A wish to print.
 */
export interface Submit {
  /**
   * How often, 1 to [`COPIES_MAX`].
   */
  copies?: number;
  /**
   * What.
   */
  document:
    | Receipt
    | {
        kind: "raw";
        /**
         * The bytes.
         */
        octets: string;
      };
  /**
   * Not after, in Unix milliseconds; the route says how long by default.
   */
  expires_at?: Integer | null;
  /**
   * Chosen by the client, one name space per principal; the same again is the same job, with
   * another content a conflict.
   */
  job: string;
  /**
   * Where: a route of the configuration, `kitchen`, `bar`, `receipt`.
   */
  route: string;
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * Lines, laid out for whatever printer it comes to.
 */
export interface Receipt {
  kind: "receipt";
}
