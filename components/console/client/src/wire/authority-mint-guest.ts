// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Asks for a guest's token.
 */
export interface MintGuest {
  /**
   * The page's key.
   */
  key: string;
  /**
   * [`crate::credential::label::GUEST`] over table and key.
   */
  proof: string;
  /**
   * Where the guest sits.
   */
  table: string;
}
