// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * The tablet in hand shows these digits.
 */
export interface Confirm {
  /**
   * What it shows.
   */
  digits: string;
  /**
   * The tablet's name.
   */
  principal: string;
}
