import type { Problem } from "./wire";

/** Somebody said no, or could not be reached. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = "Refused";
  }
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    "detail" in value &&
    typeof value.detail === "string"
  );
}

/** The problem that an error carries, wherever it came from. */
export function problemOf(error: unknown): Problem {
  if (typeof error === "object" && error !== null && "problem" in error && isProblem(error.problem)) {
    return error.problem;
  }
  const detail = error instanceof Error ? error.message : "something went wrong";
  return { code: "unavailable", title: "not available", status: 503, detail };
}

/** A problem in a sentence for people. */
export function sentence(problem: Problem): string {
  const detail = problem.detail.trim() || problem.title;
  const start = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

/** The body of an answer, or its problem as an error. */
export async function answered<A>(response: Response): Promise<A> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok && body !== null) {
    return body as A;
  }
  if (isProblem(body)) {
    throw new Refused(body);
  }
  throw new Refused({
    code: "unavailable",
    title: "not available",
    status: response.status,
    detail: `the hotel's box answered ${response.status}`,
  });
}
