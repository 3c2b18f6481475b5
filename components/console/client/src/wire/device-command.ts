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
}
/**
 * How.
 */
export interface State {
  [k: string]: unknown;
}
