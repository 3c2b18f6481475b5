// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Asks for the asker's next leaf.
 */
export interface RenewLeaf {
  /**
   * Certificate signing request (PKCS #10), PEM; only its key counts.
   */
  csr: string;
}
