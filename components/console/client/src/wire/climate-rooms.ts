// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * The climate of every room with a thermostat.
 */
export interface Rooms {
  /**
   * By room, then by device.
   */
  rooms: Room[];
}
/**
 * The climate of one room, by one thermostat.
 */
export interface Room {
  /**
   * How warm it should be, as the hotel wants and the thermostat has not yet confirmed.
   */
  desired_celsius?: number | null;
  /**
   * The thermostat.
   */
  device: string;
  /**
   * Whether it is connected.
   */
  online: boolean;
  /**
   * Where it is.
   */
  room?: string | null;
  /**
   * How warm it should be, as the thermostat says.
   */
  target_celsius?: number | null;
  /**
   * How warm it is, in degrees Celsius.
   */
  temperature_celsius?: number | null;
}
