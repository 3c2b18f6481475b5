// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What somebody says.
 */
export interface Chat {
  /**
   * The words.
   */
  text: string;
}
