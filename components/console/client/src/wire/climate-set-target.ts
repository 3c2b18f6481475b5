// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * How warm a room should be.
 */
export interface SetTarget {
  /**
   * The thermostat.
   */
  device: string;
  /**
   * In degrees Celsius; the gateway refuses what the thermostat cannot do.
   */
  target_celsius: number;
}
