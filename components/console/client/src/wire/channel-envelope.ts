// Made from the schemas of `wire` by `npm run types`; not to be edited.

export type Word = string;

/**
 * One application message.
 */
export interface Envelope {
  body: Nothing;
  /**
   * Who wrote it; the proven principal of the connection unless it was relayed.
   */
  from: string;
  /**
   * Department or property it belongs to.
   */
  group?: Word | null;
  /**
   * The message; a reply has the id of its request.
   */
  id: string;
  /**
   * What it expects.
   */
  kind: "event" | "request" | "reply" | "problem";
  /**
   * When, in Unix milliseconds of the writer's clock.
   */
  timestamp: number;
  /**
   * What it is about: the words of [`about`].
   */
  type: string;
  /**
   * Version of this form.
   */
  v: number;
}
/**
 * The content.
 */
export interface Nothing {}
