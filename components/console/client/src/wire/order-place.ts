// Made from the schemas of `wire` by `npm run types`; not to be edited.

export type Word = string;
/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * A wish.
 */
export interface Place {
  /**
   * 1 to [`ITEMS_MAX`].
   */
  items: Wish[];
  /**
   * For the kitchen.
   */
  note?: string;
  /**
   * Chosen by the page; the same again is the same order, with another content a conflict.
   */
  order: string;
  /**
   * Where, when staff order for a guest; a guest's is in their token.
   */
  table?: Word | null;
  /**
   * What the page showed as the sum; refused when the menu says otherwise.
   */
  total_minor?: Integer | null;
  /**
   * Version of this body.
   */
  v: number;
}
/**
 * One item of a wish.
 */
export interface Wish {
  /**
   * From the menu.
   */
  item: string;
  /**
   * For the kitchen.
   */
  note?: string;
  /**
   * 1 to [`QUANTITY_MAX`].
   */
  quantity: number;
}
