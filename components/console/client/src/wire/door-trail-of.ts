// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of a `trail` request, and of `door-trail` on a channel.
 */
export interface TrailOf {
  /**
   * The lock.
   */
  device: string;
}
