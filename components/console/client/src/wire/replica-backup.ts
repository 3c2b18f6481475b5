// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Reply to [`BACKUP`]: the backup that was made, sealed on the disk and on its way to the cloud.
 */
export interface Backup {
  /**
   * The moment whose rows it holds, in Unix milliseconds.
   */
  at: number;
  /**
   * Size of the file.
   */
  bytes: number;
  /**
   * Name of its file.
   */
  name: string;
  /**
   * Rows of all of them.
   */
  rows: number;
  /**
   * Digest of the file.
   */
  sha256: string;
  /**
   * Tables in it.
   */
  tables: number;
  /**
   * How long it took, in milliseconds.
   */
  took_ms: number;
}
