// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a guest says to the house; it never leaves the property.
 */
export interface GuestMessage {
  /**
   * Chosen by the page; the same again is the same message.
   */
  message: string;
  /**
   * The words, at least one.
   */
  text: string;
  /**
   * Version of this body.
   */
  v: number;
}
