// Made from the schemas of `wire` by `npm run types`; not to be edited.

export type Word = string;

/**
 * Answer of `POST /enrol` (200), `POST /token` and [`MINT_GUEST`].
 */
export interface Minted {
  /**
   * Until when, in Unix milliseconds.
   */
  expires_at: number;
  /**
   * Whose.
   */
  principal: string;
  /**
   * The hotel.
   */
  property: string;
  /**
   * What they do.
   */
  role: "guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager";
  /**
   * The table, for guests.
   */
  table?: Word | null;
  /**
   * The token, bound to the key.
   */
  token: string;
}
