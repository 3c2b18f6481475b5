// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Second word of each side: [`crate::credential::label::PEER_HANDSHAKE`], signed.
 */
export interface Proof {
  /**
   * By the key of the credential.
   */
  signature: string;
}
