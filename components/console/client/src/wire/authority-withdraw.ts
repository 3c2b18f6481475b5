// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * An invitation is for nobody any more.
 */
export interface Withdraw {
  /**
   * The name, which is free again.
   */
  principal: string;
}
