// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Answer of `GET /health`.
 */
export interface Health {
  /**
   * Who answers.
   */
  deviceId: string;
  /**
   * To be signed by the next POST, once, within a minute.
   */
  nonce: string;
  /**
   * Always `ok`.
   */
  status: string;
}
