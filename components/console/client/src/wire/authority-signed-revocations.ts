// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * The revocation list, signed.
 */
export interface SignedRevocations {
  /**
   * JWS compact serialisation; type [`crate::credential::REVOCATIONS_TYPE`], payload
   * [`crate::credential::Revocations`].
   */
  list: string;
  /**
   * Version of this body.
   */
  v: number;
}
