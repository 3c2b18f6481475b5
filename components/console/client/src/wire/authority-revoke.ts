// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Ends rights.
 */
export type Revoke =
  | {
      principal: Principal;
    }
  | {
      token: TokenId;
    };
/**
 * Names whoever holds a leaf certificate: component, device, peer or operator; the
 * certificate's CN. One namespace per property, never reused.
 */
export type Principal = string;
/**
 * Names one token; what a revocation list counts by.
 */
export type TokenId = string;
