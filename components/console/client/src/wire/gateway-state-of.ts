// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of a [`STATE`] request.
 */
export interface StateOf {
  /**
   * The device.
   */
  device: string;
}
