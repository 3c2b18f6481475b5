// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Six digits that two people compare: [`crate::credential::label::COMPARE`] over the authority's nonce
 * and the tablet's key, SHA-256, the first four octets as a number, its last six decimal digits.
 */
export type Digits = string;

/**
 * Invitations that are open, those of the asker; an operator sees all.
 */
export interface Enrolments {
  /**
   * By name.
   */
  enrolments: Enrolment[];
}
/**
 * One name that waits for its tablet.
 */
export interface Enrolment {
  /**
   * What the tablet that took it up shows; absent while none has.
   */
  digits?: Digits | null;
  /**
   * Until when, in Unix milliseconds.
   */
  expires_at: number;
  /**
   * What people will call it.
   */
  name?: string;
  /**
   * The name.
   */
  principal: string;
  /**
   * What its people will do.
   */
  role: "guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager";
}
