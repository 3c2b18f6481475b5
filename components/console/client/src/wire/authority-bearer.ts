// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Answer of `POST /bearer`.
 */
export interface Bearer {
  /**
   * The bearer token.
   */
  bearer: string;
  /**
   * Until when, in Unix milliseconds.
   */
  expires_at: number;
}
