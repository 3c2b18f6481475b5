// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Asks for the picture of a document.
 */
export interface Preview {
  /**
   * What.
   */
  document:
    | Receipt
    | {
        kind: "raw";
        /**
         * The bytes.
         */
        octets: string;
      };
  /**
   * For which route, whose paper it is laid out for.
   */
  route: string;
}
/**
 * Lines, laid out for whatever printer it comes to.
 */
export interface Receipt {
  kind: "receipt";
}
