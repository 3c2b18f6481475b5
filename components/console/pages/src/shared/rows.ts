import type { ReadonlySignal } from "@preact/signals";

import type { Problem } from "./wire";

/** The rows of a collection, as this tablet knows them; changes are here at once and sent when that is possible. */
export interface Rows<T> {
  /** Nothing before they are read. */
  readonly all: ReadonlySignal<readonly T[] | null>;
  /** Why they are not for this tablet any more. */
  readonly ended: ReadonlySignal<Problem | null>;
  /** Whether the box does not have the row as it is here. */
  isUnsent(id: string): boolean;
  put(row: T): Promise<void>;
  /** Changes a row as it is by then; nothing if it is no more. */
  change(id: string, changed: (row: T) => T): Promise<void>;
}

/** How the tablet's rows stand to the box's. */
export interface Standing {
  /** Whether what changes at the box arrives as it happens. */
  readonly live: ReadonlySignal<boolean>;
  /** Rows that were changed here and are not yet with the box. */
  readonly pending: ReadonlySignal<number>;
  /** Whether the page is older than the box. */
  readonly outdated: ReadonlySignal<boolean>;
}

/** A row without what is empty from now on. */
export function without<T, K extends keyof T>(row: T, column: K): Omit<T, K> {
  const rest = { ...row };
  Reflect.deleteProperty(rest as object, column);
  return rest;
}

/** A row with a text in `column`, or without one. */
export function withText<T, K extends keyof T>(row: T, column: K, text: string): T {
  const written = text.trim();
  return (written === "" ? without(row, column) : { ...row, [column]: written }) as T;
}
