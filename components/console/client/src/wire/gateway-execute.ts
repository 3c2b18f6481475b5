// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of a [`COMMAND`] request; its request id becomes the execution id.
 */
export interface Execute {
  arguments?: State;
  /**
   * The device.
   */
  device: string;
  /**
   * What to do.
   */
  operation: string;
}
/**
 * How.
 */
export interface State {
  [k: string]: unknown;
}
