// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * How the link to the cloud is used.
 */
export type Mode = "normal" | "metered" | "offline";

/**
 * Body of a [`MODE`] request.
 */
export interface SetMode {
  /**
   * The mode from now on, through restarts; absent for that of the configuration.
   */
  mode?: Mode | null;
}
