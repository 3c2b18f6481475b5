// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`COMMAND`].
 */
export interface Executed {
  /**
   * The execution.
   */
  execution: string;
  /**
   * How it ended.
   */
  outcome: "succeeded" | "failed" | "rejected" | "timed_out";
  /**
   * Why, when it did not succeed.
   */
  problem?: Problem | null;
}
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
