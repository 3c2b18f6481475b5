// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to `trail`.
 */
export interface Trail {
  /**
   * The newest [`PAGE_MAX`] entries at most of one lock, the newest first.
   */
  entries: Entry[];
}
/**
 * One link of the chain.
 */
export interface Entry {
  /**
   * A [`Body`], with whatever members a later release has added.
   */
  body: {
    [k: string]: unknown;
  };
  /**
   * Over the link before and the body.
   */
  sha256: string;
}
