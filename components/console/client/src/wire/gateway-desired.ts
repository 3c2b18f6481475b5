// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`SET_DESIRED`].
 */
export interface Desired {
  delta: State;
  state: State1;
  /**
   * Version of the desired state now.
   */
  version: number;
}
/**
 * What the device still has to change.
 */
export interface State {
  [k: string]: unknown;
}
/**
 * The desired state now.
 */
export interface State1 {
  [k: string]: unknown;
}
