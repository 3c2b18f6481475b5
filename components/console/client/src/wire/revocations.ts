// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names whoever holds a leaf certificate: component, device, peer or operator; the
 * certificate's CN. One namespace per property, never reused.
 */
export type Principal = string;
/**
 * Names the time a party sits at a table.
 */
export type SittingId = string;
/**
 * Names one token; what a revocation list counts by.
 */
export type TokenId = string;

/**
 * Who is refused although their credential is valid; one growing, numbered list.
 */
export interface Revocations {
  /**
   * When it was signed, in Unix seconds.
   */
  iat: number;
  /**
   * Grows with every list; a lower number than the last one seen is not believed.
   */
  number: number;
  /**
   * Principals that are refused altogether.
   */
  principals: Principal[];
  /**
   * Sittings that are over; kept until the last of their tokens would have expired.
   */
  sittings: SittingId[];
  /**
   * Tokens that are refused; kept until they would have expired.
   */
  tokens: TokenId[];
}
