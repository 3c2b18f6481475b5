// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names what a device can do or measure: `temperature`, `door`, `battery`.
 */
export type Capability = string;

/**
 * Body of the records `telemetry`, `reported` and `device-event`: one message of a device.
 */
export interface DeviceRecord {
  /**
   * Its outbox store.
   */
  boot: number;
  /**
   * What was measured; for `telemetry`.
   */
  capability?: Capability | null;
  /**
   * The device.
   */
  device: string;
  /**
   * Digest of the message as it arrived.
   */
  digest: string;
  message: State;
  /**
   * Where it is.
   */
  room?: string | null;
  /**
   * Place in the outbox.
   */
  seq: number;
}
/**
 * The message's own members: `value`, `state`, `kind` and the like.
 */
export interface State {
  [k: string]: unknown;
}
