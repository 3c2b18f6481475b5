// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * The doors of the hotel, as staff see them.
 */
export interface Doors {
  /**
   * The box's time, in Unix milliseconds: what an expiry is counted by.
   */
  at: number;
  /**
   * By room, then by lock.
   */
  doors: Door[];
}
/**
 * One door, by its lock.
 */
export interface Door {
  /**
   * The lock.
   */
  device: string;
  /**
   * Whether the bolt is shut, as the lock said last.
   */
  locked?: boolean | null;
  /**
   * Whether it is connected.
   */
  online: boolean;
  /**
   * Where it is.
   */
  room?: string | null;
}
