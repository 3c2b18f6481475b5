// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * A SHA-256 digest (FIPS 180-4); computed by `kit`, only carried here.
 */
export type Sha256 = string;
/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * Reply to [`MODELS`].
 */
export interface Models {
  /**
   * One entry for each model that is served.
   */
  models: Model[];
}
/**
 * A model that is served.
 */
export interface Model {
  /**
   * Whether rules answer because no model is healthy.
   */
  degraded: boolean;
  /**
   * SHA-256 of the active model file.
   */
  digest?: Sha256 | null;
  /**
   * Its name.
   */
  name: string;
  /**
   * The version that comes back when the active one goes bad.
   */
  previous?: Integer | null;
  /**
   * Versions that failed here, with the reason; never tried again.
   */
  quarantined: Quarantined[];
  /**
   * The active version; absent while rules answer.
   */
  version?: Integer | null;
}
/**
 * A version that failed.
 */
export interface Quarantined {
  /**
   * Why.
   */
  reason: string;
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  version: number;
}
