// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Invites somebody to enrol a tablet.
 */
export interface Invite {
  /**
   * What people call it.
   */
  name?: string;
  /**
   * The tablet's name in the property, never used before.
   */
  principal: string;
  /**
   * What its people do.
   */
  role: "guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager";
}
