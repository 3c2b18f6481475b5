// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a tablet needs to enrol, once, within ten minutes.
 */
export interface Invitation {
  /**
   * SHA-256 of the property CA's certificate in DER.
   */
  ca: string;
  /**
   * The one-time code.
   */
  code: string;
  /**
   * Until when, in Unix milliseconds.
   */
  expires_at: number;
  /**
   * The tablet's name.
   */
  principal: string;
  /**
   * The same as a QR code, SVG.
   */
  qr_svg: string;
  /**
   * Page to open, with code and digest behind `#`.
   */
  url: string;
}
