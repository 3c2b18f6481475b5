// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Reply to [`MESSAGE`].
 */
export interface MessageRead {
  /**
   * Whether rules answered because no model is healthy.
   */
  degraded: boolean;
  /**
   * The model that answered, or in whose place rules answered.
   */
  model: string;
  /**
   * Share that the model gives to this sentiment, 0 to 1; not calibrated.
   */
  score: number;
  /**
   * How it sounds.
   */
  sentiment: "negative" | "neutral" | "positive";
  /**
   * What it is about.
   */
  topic: "room" | "cleanliness" | "noise" | "food" | "staff" | "internet" | "billing" | "other";
  /**
   * Share that the model gives to this topic, 0 to 1; not calibrated.
   */
  topic_score: number;
  /**
   * Its version; absent when rules answered.
   */
  version?: Integer | null;
}
