// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * The notice, signed by the chain root.
 */
export interface SignedCaReplacement {
  /**
   * JWS compact serialisation; type [`CA_REPLACEMENT_TYPE`], algorithm `ES256`, `x5c` the chain
   * root, payload [`CaReplacement`].
   */
  notice: string;
  /**
   * Version of this body.
   */
  v: number;
}
