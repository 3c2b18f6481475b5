// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of a [`FILE`] request.
 *
 * The file lies in the directory where files are handed over. From the reply on it is uplink's:
 * it is uploaded and then removed.
 */
export interface File {
  /**
   * Its size, up to [`FILE_MAX`].
   */
  bytes: number;
  /**
   * Last part of the object's name: `a-z`, `0-9`, `.` and `-`, up to [`FILE_NAME_MAX`], a letter
   * or digit first.
   */
  name: string;
  /**
   * Where it is, absolute.
   */
  path: string;
  /**
   * Digest of its content.
   */
  sha256: string;
}
