// Made from the schemas of `wire` by `npm run types`; not to be edited.

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
