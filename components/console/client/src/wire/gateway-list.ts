// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names a device; the same namespace as [`Principal`].
 */
export type DeviceId = string;

/**
 * Body of a [`LIST`] request.
 */
export interface List {
  /**
   * Begin after this device.
   */
  after?: DeviceId | null;
}
