/** Errors in the one form of the suite (RFC 9457). */

import type { Problem as WireProblem } from "./wire/problem";

export type Problem = WireProblem;

/** A refusal, by the other side or by this library. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.field == null ? problem.detail : `${problem.field}: ${problem.detail}`);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

const TITLES = {
  malformed: ["malformed body", 400],
  forbidden: ["not allowed", 403],
  expired: ["expired", 410],
  "too-large": ["too large", 413],
  busy: ["too many requests", 429],
  unavailable: ["not available", 503],
  "timed-out": ["no answer in time", 504],
} as const;

/** A problem of this library's own. */
export function problem(code: keyof typeof TITLES, detail: string, field?: string): ProblemError {
  const [title, status] = TITLES[code];
  return new ProblemError({ code, title, status, detail, ...(field === undefined ? {} : { field }) });
}

export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" && value !== null && "code" in value && typeof value.code === "string" && "detail" in value
  );
}

/** Whatever was thrown, as a problem. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) {
    return error;
  }
  return problem("unavailable", error instanceof Error ? error.message : String(error));
}
