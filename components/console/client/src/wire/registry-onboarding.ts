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
   * Number of the last such notice, which the device must not take any more; 0 before the first.
   */
  ca_number?: number;
  /**
   * The device's leaf for its own key, DER.
   */
  certificate: string;
  /**
   * The device.
   */
  device: string;
  /**
   * The chain root, DER: whose notice of another CA the device will believe, and nothing else;
   * absent where the property does not know its root yet.
   */
  root?: string | null;
  /**
   * Version of this body.
   */
  v: number;
}
