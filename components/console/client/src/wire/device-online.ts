// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Retained, and the last will: whether the device is connected.
 */
export interface Online {
  /**
   * The outbox store at connect; a will of another boot is ignored.
   */
  boot: number;
  /**
   * Whether it is connected.
   */
  online: boolean;
  /**
   * Version of this body.
   */
  v: number;
}
