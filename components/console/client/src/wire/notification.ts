// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Something for people to know.
 */
export interface Notification {
  /**
   * The rest.
   */
  body?: string;
  /**
   * In a few words.
   */
  title: string;
}
