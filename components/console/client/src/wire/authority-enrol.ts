// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of `POST /enrol`.
 */
export interface Enrol {
  /**
   * The one-time code.
   */
  code: string;
  /**
   * The tablet's key.
   */
  key: string;
  /**
   * [`crate::credential::label::ENROL`] over code and key.
   */
  proof: string;
  /**
   * Version of this body.
   */
  v: number;
}
