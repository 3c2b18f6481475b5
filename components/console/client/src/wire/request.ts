// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A question.
 */
export interface Request {
  body: Nothing;
  /**
   * Until when the asker waits, in Unix milliseconds; later the question is not answered.
   */
  deadline: number;
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * What is asked.
 */
export interface Nothing {}
