// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names whoever holds a leaf certificate: component, device, peer or operator; the
 * certificate's CN. One namespace per property, never reused.
 */
export type Principal = string;

/**
 * Decides a job that may have printed.
 */
export interface Resolve {
  /**
   * What somebody found at the printer.
   */
  decision: "printed" | "reprint" | "drop";
  /**
   * The job.
   */
  job: string;
  /**
   * Whose, for staff who look after others' jobs; the asker's when absent.
   */
  principal?: Principal | null;
}
