// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of an [`UNLOCK`] or [`LOCK`] request to the gateway, and of the request of the same name on a
 * channel: somebody wants a bolt turned.
 */
export interface Petition {
  actor: Signed;
  /**
   * Who agrees; somebody else than the actor.
   */
  approver?: Signed1 | null;
  arguments?: State;
  /**
   * The lock.
   */
  device: string;
  /**
   * Its name, chosen by whoever signs; on the bus also the id of the request.
   */
  execution: string;
  /**
   * Not to be done after this, in Unix milliseconds; at most [`PETITION_MAX_MS`] ahead.
   */
  expires_at: number;
  /**
   * [`UNLOCK`] or [`LOCK`]; the same as the request's own.
   */
  operation: string;
}
/**
 * Who wants it.
 */
export interface Signed {
  /**
   * Who they are.
   */
  credential:
    | {
        token: string;
      }
    | {
        certificate: string;
      };
  /**
   * By the key of the credential, over [`Petition::text`].
   */
  signature: string;
}
/**
 * Somebody who answers for a petition.
 */
export interface Signed1 {
  /**
   * Who they are.
   */
  credential:
    | {
        token: string;
      }
    | {
        certificate: string;
      };
  /**
   * By the key of the credential, over [`Petition::text`].
   */
  signature: string;
}
/**
 * How; both operations take nothing so far.
 */
export interface State {
  [k: string]: unknown;
}
