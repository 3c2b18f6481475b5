// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`FILE`]: the file is taken over.
 */
export interface Filed {
  /**
   * The object that it becomes, or has become.
   */
  key: string;
}
