// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A guest's message was taken down and is on its way to staff.
 */
export interface Noted {
  /**
   * When, in Unix milliseconds.
   */
  at: number;
  /**
   * The message.
   */
  message: string;
}
