// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Gateway to device: every message of `boot` up to and including `through_seq` is committed, or
 * declared dropped by the device itself.
 */
export interface Received {
  /**
   * The outbox store.
   */
  boot: number;
  /**
   * The last of the unbroken row of committed messages.
   */
  through_seq: number;
  /**
   * Version of this body.
   */
  v: number;
}
