// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Answer of `POST /challenge`.
 */
export interface Challenged {
  /**
   * To be signed once, within a minute.
   */
  nonce: string;
}
