// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names a device; the same namespace as [`Principal`].
 */
export type DeviceId = string;

/**
 * Reply to [`LIST`].
 */
export interface Devices {
  /**
   * At most [`PAGE_MAX`] devices, by id.
   */
  devices: DeviceSummary[];
  /**
   * Where the next page begins after; absent on the last.
   */
  next?: DeviceId | null;
  /**
   * How many of them are online.
   */
  online: number;
  /**
   * How many devices the registry holds.
   */
  total: number;
}
/**
 * One line of a list of devices.
 */
export interface DeviceSummary {
  /**
   * The device.
   */
  device: string;
  /**
   * What it is.
   */
  kind: "thermostat" | "lock" | "occupancy" | "contact";
  /**
   * Whether it is connected.
   */
  online: boolean;
  /**
   * Where it is.
   */
  room?: string | null;
}
