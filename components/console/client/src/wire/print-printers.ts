// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;
/**
 * What a job waits for.
 */
export type Held = "paper" | "cover" | "offline" | "error" | "unconfirmed" | "queue";

/**
 * Printers and how they are.
 */
export interface Printers {
  /**
   * By name.
   */
  printers: Printer[];
}
/**
 * One printer.
 */
export interface Printer {
  /**
   * When this was last known, in Unix milliseconds; absent before the first contact.
   */
  at?: Integer | null;
  /**
   * What keeps it from printing; absent when nothing does.
   */
  held?: Held | null;
  /**
   * Whether its paper comes to an end.
   */
  paper_low: boolean;
  /**
   * The printer.
   */
  printer: string;
  /**
   * Jobs that wait for it.
   */
  waiting: number;
}
