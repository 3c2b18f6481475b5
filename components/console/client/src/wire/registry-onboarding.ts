// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a device that keeps its own key needs to join: nothing secret, and short enough for a QR
 * code.
 */
export interface Onboarding {
  /**
   * Where the authority serves HTTPS, `HOST:PORT`: who renews the leaf.
   */
  authority: string;
  /**
   * Where the broker listens, `HOST:PORT`.
   */
  broker: string;
  /**
   * The property's CA, DER: the only one that the device believes.
   */
  ca: string;
  /**
   * The device's leaf for its own key, DER.
   */
  certificate: string;
  /**
   * The device.
   */
  device: string;
  /**
   * Version of this body.
   */
  v: number;
}
