// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Header of a token (RFC 7515).
 */
export interface Header {
  /**
   * Always `ES256`.
   */
  alg: string;
  /**
   * [`POP_TYPE`], [`BEARER_TYPE`] or [`REVOCATIONS_TYPE`].
   */
  typ: string;
  /**
   * The signer's leaf, base64 (not base64url) of DER; exactly one, of `authority`.
   */
  x5c: string[];
}
