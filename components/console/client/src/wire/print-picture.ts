// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A picture.
 */
export interface Picture {
  /**
   * PNG.
   */
  png: string;
}
