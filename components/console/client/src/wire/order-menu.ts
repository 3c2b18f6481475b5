// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What can be ordered.
 */
export interface Menu {
  /**
   * ISO 4217 code of every price.
   */
  currency: string;
  /**
   * Digits behind the decimal sign of a price.
   */
  decimals: number;
  /**
   * What there is.
   */
  items: MenuItem[];
}
/**
 * One thing that can be ordered.
 */
export interface MenuItem {
  /**
   * The item.
   */
  item: string;
  /**
   * What people call it.
   */
  name: string;
  /**
   * Price of one, in the currency's minor unit (cents).
   */
  price_minor: number;
  /**
   * A heading it stands under.
   */
  section?: string;
}
