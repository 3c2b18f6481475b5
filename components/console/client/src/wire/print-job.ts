// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * How a job stands.
 */
export type Job = {
  /**
   * When it was accepted, in Unix milliseconds.
   */
  accepted_at: number;
  /**
   * When it came to this state, in Unix milliseconds.
   */
  at: number;
  /**
   * Attempts begun.
   */
  attempts: number;
  /**
   * SHA-256 of the content, by which a conflict is told.
   */
  content: string;
  /**
   * The job.
   */
  job: string;
  /**
   * Whether it carries the mark of a possible duplicate.
   */
  marked: boolean;
  /**
   * Whose.
   */
  principal: string;
  /**
   * On which printer it is or was; absent until one is chosen.
   */
  printer?: Word | null;
  /**
   * Where to.
   */
  route: string;
  /**
   * Version of this body.
   */
  v: number;
} & (
  | {
      state: "accepted";
    }
  | {
      /**
       * For what.
       */
      reason: "paper" | "cover" | "offline" | "error" | "unconfirmed" | "queue";
      state: "held";
    }
  | {
      state: "dispatching";
    }
  | {
      state: "printing";
    }
  | {
      state: "done";
    }
  | {
      problem: Problem;
      state: "failed";
    }
  | {
      state: "expired";
    }
  | {
      state: "cancelled";
    }
  | {
      state: "unconfirmed";
    }
  | {
      state: "sent-unverified";
    }
);
export type Word = string;

/**
 * Why.
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
