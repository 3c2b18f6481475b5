// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;
/**
 * Names what a device can do or measure: `temperature`, `door`, `battery`.
 */
export type Capability = string;

/**
 * Reply to [`STATE`].
 */
export interface DeviceState {
  /**
   * Its outbox store; absent before the first birth.
   */
  boot?: Integer | null;
  /**
   * What it can do: what registry and birth agree on.
   */
  capabilities: Capability[];
  delta: State;
  desired: State1;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  desired_version: number;
  /**
   * The device.
   */
  device: string;
  /**
   * Firmware version, as the last birth said.
   */
  firmware: string;
  /**
   * What it is.
   */
  kind: "thermostat" | "lock" | "occupancy" | "contact";
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  lost: number;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  missing: number;
  /**
   * Whether it is connected.
   */
  online: boolean;
  reported: State2;
  /**
   * When it was, in Unix milliseconds; absent before the first report.
   */
  reported_at?: Integer | null;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  reported_version: number;
  /**
   * Where it is.
   */
  room?: string | null;
  /**
   * The last of the unbroken row of committed messages of this boot.
   */
  through_seq?: Integer | null;
}
/**
 * Desired minus reported.
 */
export interface State {
  [k: string]: unknown;
}
/**
 * What it should become.
 */
export interface State1 {
  [k: string]: unknown;
}
/**
 * What it is.
 */
export interface State2 {
  [k: string]: unknown;
}
