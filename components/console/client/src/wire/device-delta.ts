// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Gateway to device: desired minus reported; empty when nothing is to change.
 */
export interface Delta {
  state: State;
  /**
   * Version of this body.
   */
  v: number;
  /**
   * Version of the desired state; a device ignores one older than it has applied.
   */
  version: number;
}
/**
 * What differs, with the desired values.
 */
export interface State {
  [k: string]: unknown;
}
