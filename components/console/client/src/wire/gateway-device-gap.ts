// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of the record `device-gap`: messages that the device gave up before they arrived.
 */
export interface DeviceGap {
  /**
   * Its outbox store.
   */
  boot: number;
  /**
   * The device.
   */
  device: string;
  /**
   * First missing place.
   */
  first_seq: number;
  /**
   * Last missing place.
   */
  last_seq: number;
}
