// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names what a device can do or measure: `temperature`, `door`, `battery`.
 */
export type Capability = string;

/**
 * Every device of a property.
 */
export interface Registry {
  /**
   * The devices; no id twice.
   */
  devices: RegisteredDevice[];
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * What the property knows of a device before it speaks.
 */
export interface RegisteredDevice {
  /**
   * What it may do and measure.
   */
  capabilities: Capability[];
  /**
   * The device.
   */
  device: string;
  /**
   * What it is.
   */
  kind: "thermostat" | "lock" | "occupancy" | "contact";
  /**
   * Where it is, up to 40 characters.
   */
  room?: string | null;
}
