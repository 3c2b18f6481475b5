// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of `POST /bearer` ([`crate::credential::label::BEARER`]) and of `POST /token`
 * ([`crate::credential::label::RENEW`]).
 */
export interface Present {
  /**
   * From `POST /challenge`.
   */
  nonce: string;
  /**
   * Over the nonce and the SHA-256 of the token.
   */
  proof: string;
  /**
   * The token, bound to the key.
   */
  token: string;
  /**
   * Version of this body.
   */
  v: number;
}
