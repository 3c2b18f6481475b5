// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of an `audit` request: a page of the whole trail.
 */
export interface PageOf {
  /**
   * Begin after this place; 0 for the beginning.
   */
  after: number;
}
