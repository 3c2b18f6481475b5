// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of a [`MESSAGE`] request.
 */
export interface Message {
  /**
   * What the guest wrote, at most [`MESSAGE_MAX`] characters. It is neither kept nor logged.
   */
  text: string;
}
