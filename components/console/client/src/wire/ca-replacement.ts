// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a notice says: from now on this is the property's certificate authority, and no other.
 */
export interface CaReplacement {
  /**
   * The property's CA from now on, DER.
   */
  ca: string;
  /**
   * When it was signed, in Unix milliseconds; for people, because a device's clock may be wrong.
   */
  issued_at: number;
  /**
   * Grows with every notice of the property; one that is not higher than the last is not taken.
   */
  number: number;
  /**
   * The hotel; nobody else's devices take it.
   */
  property: string;
  /**
   * The company.
   */
  tenant: string;
  /**
   * Version of this body.
   */
  v: number;
}
