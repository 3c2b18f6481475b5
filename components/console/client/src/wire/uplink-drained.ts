// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`DRAIN`].
 */
export interface Drained {
  /**
   * Objects uploaded for this request.
   */
  uploaded_batches: number;
  /**
   * Records that arrived meanwhile and wait.
   */
  waiting_records: number;
}
