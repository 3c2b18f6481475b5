// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * How a component is.
 */
export interface Status {
  /**
   * Work accepted and not yet done: records, jobs.
   */
  backlog: number;
  /**
   * What it needs for that.
   */
  checks: Check[];
  /**
   * Whether it does its work; false in the last will.
   */
  ready: boolean;
  /**
   * Version of this body.
   */
  v: number;
  /**
   * Version of the component.
   */
  version: string;
}
/**
 * One thing a component needs to be ready.
 */
export interface Check {
  /**
   * Why not.
   */
  detail?: string;
  /**
   * What is needed: `bus`, `journal`, `cloud`.
   */
  name: string;
  /**
   * Whether it is there.
   */
  ready: boolean;
}
