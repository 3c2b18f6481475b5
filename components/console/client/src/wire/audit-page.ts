// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Reply to `audit`.
 */
export interface Page {
  /**
   * At most [`PAGE_MAX`] entries, in order.
   */
  entries: Entry[];
  /**
   * The heads of these entries.
   */
  heads: Head[];
  /**
   * Where the next page begins after; absent on the last.
   */
  next?: Integer | null;
}
/**
 * One link of the chain.
 */
export interface Entry {
  /**
   * A [`Body`], with whatever members a later release has added.
   */
  body: {
    [k: string]: unknown;
  };
  /**
   * Over the link before and the body.
   */
  sha256: string;
}
/**
 * The end of the chain at a moment, signed by the gateway; kept elsewhere it is an anchor.
 */
export interface Head {
  /**
   * When, in Unix milliseconds.
   */
  at: number;
  /**
   * The gateway's leaf, DER.
   */
  certificate: string;
  /**
   * The hotel.
   */
  property: string;
  /**
   * The place of the last entry.
   */
  seq: number;
  /**
   * Its link.
   */
  sha256: string;
  /**
   * By the key of the leaf, over [`Head::text`].
   */
  signature: string;
  /**
   * Version of this form.
   */
  v: number;
}
