// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names what a device can do or measure: `temperature`, `door`, `battery`.
 */
export type Capability = string;
/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Retained, published at every connect: a new life of the device began or its old one goes on.
 */
export interface Birth {
  /**
   * The outbox store in use.
   */
  boot: number;
  /**
   * What it can do; may only narrow what the registry says.
   */
  capabilities: Capability[];
  /**
   * Firmware version, free text up to 64 characters.
   */
  firmware: string;
  /**
   * Lowest `seq` that the device still holds, or will use next: whatever is below was received
   * or given up. A gateway that has lost its memory goes on from here.
   */
  oldest_seq?: Integer | null;
  /**
   * Version of this body.
   */
  v: number;
}
