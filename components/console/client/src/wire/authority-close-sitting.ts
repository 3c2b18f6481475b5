// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A party leaves.
 */
export interface CloseSitting {
  /**
   * Which sitting.
   */
  sitting: string;
}
