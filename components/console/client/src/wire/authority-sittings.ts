// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Open sittings.
 */
export interface Sittings {
  /**
   * By table.
   */
  sittings: Sitting[];
}
/**
 * The time a party sits at a table.
 */
export interface Sitting {
  /**
   * Until when at most, in Unix milliseconds.
   */
  expires_at: number;
  /**
   * How many guests have a token for it.
   */
  guests: number;
  /**
   * Whether guests may still get tokens for it.
   */
  open: boolean;
  /**
   * Since when, in Unix milliseconds.
   */
  opened_at: number;
  /**
   * Who opened it.
   */
  opened_by: string;
  /**
   * The sitting.
   */
  sitting: string;
  /**
   * Where.
   */
  table: string;
}
