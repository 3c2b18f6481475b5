// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Answer of `GET /server-names`: what the leaf of every component that is issued now carries.
 */
export interface ServerNames {
  /**
   * DNS names and addresses under which the box is reached.
   */
  names: string[];
}
