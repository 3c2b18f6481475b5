// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Answer of `GET /stats`.
 */
export interface Stats {
  /**
   * How many peers each has.
   */
  peersPerProperty: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z0-9-]{1,40}$".
     */
    [k: string]: number;
  };
  /**
   * How many properties have peers here.
   */
  properties: number;
  /**
   * Peers of all properties.
   */
  totalPeers: number;
}
