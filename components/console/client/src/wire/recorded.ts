// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * The consumer's answer to a batch.
 */
export interface Recorded {
  /**
   * Why the batch was not committed; absent when it was.
   */
  problem?: Problem | null;
  /**
   * Digest of the batch's body as it arrived; the sender forgets the batch only if it is the
   * same.
   */
  sha256: string;
  /**
   * Version of this body.
   */
  v: number;
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
