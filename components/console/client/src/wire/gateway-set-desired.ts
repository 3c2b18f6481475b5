// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Body of a [`SET_DESIRED`] request.
 */
export interface SetDesired {
  /**
   * The device.
   */
  device: string;
  state: State;
  /**
   * Only if the desired version is still this one; absent for any.
   */
  version?: Integer | null;
}
/**
 * Members to change; `null` removes one.
 */
export interface State {
  [k: string]: unknown;
}
