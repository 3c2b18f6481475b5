// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * An answer: either a body or a problem.
 */
export interface Reply {
  /**
   * What was asked for.
   */
  body?: Nothing | null;
  /**
   * Why it cannot be had.
   */
  problem?: Problem | null;
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * The body of questions and answers that say nothing more.
 */
export interface Nothing {}
/**
 * Why something was refused or failed: RFC 9457 fields, a code from a closed list and the field
 * at fault.
 */
export interface Problem {
  /**
   * What went wrong, for programs.
   */
  code:
    | "malformed"
    | "unsupported-version"
    | "invalid"
    | "forbidden"
    | "not-found"
    | "conflict"
    | "too-large"
    | "expired"
    | "unsupported"
    | "busy"
    | "timed-out"
    | "unavailable"
    | "storage-full"
    | "internal";
  /**
   * What went wrong this time, for people; never guest data.
   */
  detail: string;
  /**
   * Path of the field at fault: `state.target_celsius`.
   */
  field?: string | null;
  /**
   * HTTP status that fits the code.
   */
  status: number;
  /**
   * The same in a few words, fixed per code.
   */
  title: string;
}
