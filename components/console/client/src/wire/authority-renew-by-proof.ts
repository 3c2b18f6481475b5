// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of `POST /renew-leaf`; the answer is a [`Leaf`].
 */
export interface RenewByProof {
  /**
   * The present leaf, DER, also when it has lapsed.
   */
  certificate: string;
  /**
   * The signing request (PKCS #10), PEM; only its key counts.
   */
  csr: string;
  /**
   * From `POST /challenge`.
   */
  nonce: string;
  /**
   * [`crate::credential::label::RENEW_LEAF`], by the key of the present leaf.
   */
  proof: string;
  /**
   * Version of this body.
   */
  v: number;
}
