// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Gateway to device: do this now, once.
 */
export interface Command {
  arguments?: State;
  /**
   * The device's boot this command is for; another boot rejects it.
   */
  boot: number;
  /**
   * The same as in the topic.
   */
  execution: string;
  /**
   * Not to be started after this moment, in Unix milliseconds.
   */
  expires_at: number;
  /**
   * What to do.
   */
  operation: string;
  /**
   * Version of this body.
   */
  v: number;
  /**
   * What lets a lock turn its bolt; other devices and operations need none.
   */
  warrant?: Warrant | null;
}
/**
 * How.
 */
export interface State {
  [k: string]: unknown;
}
/**
 * What shows a lock that a command is its gateway's, made for this lock, now and once.
 */
export interface Warrant {
  /**
   * The gateway's leaf, DER; the lock holds the property's CA.
   */
  certificate: string;
  /**
   * The lock's own challenge.
   */
  challenge: string;
  /**
   * By the key of the leaf, over [`warrant_text`].
   */
  signature: string;
  /**
   * Not to be done later than this after the challenge was given, in milliseconds of the lock's
   * monotonic clock: the lock needs to know no time of day.
   */
  within_ms: number;
}
