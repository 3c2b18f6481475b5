// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Device to gateway: how a command goes.
 */
export interface Ack {
  /**
   * What a lock was asked for, when it gave a challenge; random, at least
   * [`crate::door::CHALLENGE_MIN`] octets.
   */
  challenge?: string | null;
  /**
   * The same as in the topic.
   */
  execution: string;
  /**
   * Why, when rejected or failed.
   */
  problem?: Problem | null;
  /**
   * How far it is.
   */
  status: "accepted" | "in_progress" | "succeeded" | "failed" | "rejected";
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
