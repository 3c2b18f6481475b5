// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Answer of `POST /enrol` (202) until somebody has compared the tablet.
 */
export interface Pending {
  /**
   * Until when it may be confirmed, in Unix milliseconds.
   */
  expires_at: number;
  /**
   * The tablet shows the digits of its key and this nonce.
   */
  nonce: string;
  /**
   * The tablet's name, should it be confirmed.
   */
  principal: string;
  /**
   * What its people will do.
   */
  role: "guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager";
}
