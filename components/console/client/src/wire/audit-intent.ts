// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What an entry says.
 */
export type Body = {
  /**
   * When, in Unix milliseconds of the gateway's clock; for people, never for order.
   */
  at: number;
  /**
   * Its place, from 1 without gaps.
   */
  seq: number;
  /**
   * Version of this form.
   */
  v: number;
} & (
  | (Intent & {
      kind: "intent";
    })
  | (Ended & {
      kind: "outcome";
    })
  | (Ended & {
      kind: "late";
    })
  | (Refusal & {
      kind: "refused";
    })
  | (Moved & {
      kind: "lock-operation";
    })
);
/**
 * Names whoever holds a leaf certificate: component, device, peer or operator; the
 * certificate's CN. One namespace per property, never reused.
 */
export type Principal = string;
/**
 * Names one execution of a command on a device.
 */
export type ExecutionId = string;
export type Word = string;

/**
 * What is about to be tried, and who answers for it.
 */
export interface Intent {
  actor: Witness;
  /**
   * Who agreed.
   */
  approver?: Witness1 | null;
  arguments: State;
  /**
   * Who carried the petition to the gateway.
   */
  asker: string;
  /**
   * The lock.
   */
  device: string;
  /**
   * Its name.
   */
  execution: string;
  /**
   * Not to be done after this, in Unix milliseconds.
   */
  expires_at: number;
  /**
   * What.
   */
  operation: string;
  /**
   * Digest of what the people signed.
   */
  request: string;
  /**
   * Where it is.
   */
  room?: string | null;
}
/**
 * Who wanted it.
 */
export interface Witness {
  /**
   * Their key.
   */
  key: string;
  /**
   * Who.
   */
  principal: string;
  /**
   * What they were allowed by.
   */
  role:
    | "component"
    | "device"
    | "operator"
    | ("guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager");
  /**
   * Theirs, over [`crate::door::Wanted`].
   */
  signature: string;
}
/**
 * Somebody who signed, as the gateway knew them.
 */
export interface Witness1 {
  /**
   * Their key.
   */
  key: string;
  /**
   * Who.
   */
  principal: string;
  /**
   * What they were allowed by.
   */
  role:
    | "component"
    | "device"
    | "operator"
    | ("guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager");
  /**
   * Theirs, over [`crate::door::Wanted`].
   */
  signature: string;
}
/**
 * How.
 */
export interface State {
  [k: string]: unknown;
}
/**
 * How something ended.
 */
export interface Ended {
  /**
   * The lock.
   */
  device: string;
  /**
   * The name of the intent.
   */
  execution: string;
  /**
   * What was wanted.
   */
  operation: string;
  /**
   * How; `timed_out` is unknown.
   */
  outcome: "succeeded" | "failed" | "rejected" | "timed_out";
  /**
   * Why, when it did not succeed.
   */
  problem?: Problem | null;
  /**
   * Where it is.
   */
  room?: string | null;
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
/**
 * What was refused, to whom and why.
 */
export interface Refusal {
  /**
   * Who wanted it; absent when that was not proven.
   */
  actor?: Principal | null;
  /**
   * Names whoever holds a leaf certificate: component, device, peer or operator; the
   * certificate's CN. One namespace per property, never reused.
   */
  asker: string;
  /**
   * The lock.
   */
  device: string;
  /**
   * Names one execution of a command on a device.
   */
  execution: string;
  /**
   * What was wanted.
   */
  operation: string;
  problem: Problem1;
  /**
   * Where it is.
   */
  room?: string | null;
}
/**
 * Why something was refused or failed: RFC 9457 fields, a code from a closed list and the field
 * at fault.
 */
export interface Problem1 {
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
/**
 * A bolt that moved.
 */
export interface Moved {
  /**
   * The message that told it: boot and place.
   */
  boot: number;
  /**
   * The lock.
   */
  device: string;
  /**
   * For which execution, when it was `remote`.
   */
  execution?: ExecutionId | null;
  /**
   * When, in Unix milliseconds of the lock's clock.
   */
  moved_at: number;
  /**
   * `unlock` or `lock`; absent when the lock did not say it in a word.
   */
  operation?: Word | null;
  /**
   * See `boot`.
   */
  place: number;
  /**
   * Where it is.
   */
  room?: string | null;
  /**
   * By what: `remote`, `card`, `auto`.
   */
  source?: Word | null;
}
