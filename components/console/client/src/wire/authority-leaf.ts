// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A leaf.
 */
export interface Leaf {
  /**
   * The property's CA, PEM.
   */
  ca: string;
  /**
   * The certificate, PEM.
   */
  certificate: string;
  /**
   * Until when, in Unix milliseconds.
   */
  not_after: number;
}
