// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names the time a party sits at a table.
 */
export type SittingId = string;
export type Word = string;

/**
 * What a token says (RFC 7519, RFC 7800).
 */
export interface Claims {
  /**
   * The key it is bound to; absent in a bearer token.
   */
  cnf?: Confirmation | null;
  /**
   * Until when, in Unix seconds.
   */
  exp: number;
  /**
   * From when, in Unix seconds.
   */
  iat: number;
  /**
   * Name of this token; a bearer token has that of the bound one it came from.
   */
  jti: string;
  /**
   * The hotel; nobody else's verifier takes it.
   */
  property: string;
  /**
   * What they do.
   */
  role: "guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager";
  /**
   * The sitting a guest's token is good for.
   */
  sitting?: SittingId | null;
  /**
   * Whom the token is issued to.
   */
  sub: string;
  /**
   * The table of that sitting.
   */
  table?: Word | null;
  /**
   * The company.
   */
  tenant: string;
}
/**
 * The key a token is bound to (RFC 7800 §3.2).
 */
export interface Confirmation {
  jwk: Jwk;
}
/**
 * The public key.
 */
export interface Jwk {
  /**
   * Always `P-256`.
   */
  crv: string;
  /**
   * Always `EC`.
   */
  kty: string;
  /**
   * The point's first coordinate.
   */
  x: string;
  /**
   * The point's second coordinate.
   */
  y: string;
}
