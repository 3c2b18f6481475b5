// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * One element of a receipt.
 */
export type Line =
  | {
      /**
       * Where on the line.
       */
      align?: "left" | "center" | "right";
      /**
       * Fat.
       */
      bold?: boolean;
      /**
       * Times as high, 1 to 8.
       */
      height?: number;
      /**
       * White on black.
       */
      invert?: boolean;
      kind: "text";
      /**
       * The words.
       */
      text: string;
      /**
       * With a line below.
       */
      underline?: boolean;
      /**
       * Times as wide, 1 to 8.
       */
      width?: number;
    }
  | {
      /**
       * Fat.
       */
      bold?: boolean;
      /**
       * 1 to [`CELLS_MAX`].
       */
      cells: Cell[];
      /**
       * Times as high, 1 to 8.
       */
      height?: number;
      /**
       * White on black.
       */
      invert?: boolean;
      kind: "columns";
      /**
       * With a line below.
       */
      underline?: boolean;
      /**
       * Times as wide, 1 to 8.
       */
      width?: number;
    }
  | {
      kind: "rule";
    }
  | {
      kind: "feed";
      /**
       * How many lines, 1 to 20.
       */
      lines: number;
    }
  | {
      kind: "qr";
      /**
       * Dots of one module, 1 to 16.
       */
      module?: number;
      /**
       * What it says.
       */
      text: string;
    }
  | {
      /**
       * Where on the line.
       */
      align?: "left" | "center" | "right";
      kind: "image";
      /**
       * PNG, as wide as the paper at most.
       */
      png: string;
    }
  | {
      kind: "cut";
    };

/**
 * Asks for the picture of a document.
 */
export interface Preview {
  /**
   * What.
   */
  document:
    | (Receipt & {
        kind: "receipt";
      })
    | {
        kind: "raw";
        /**
         * The bytes.
         */
        octets: string;
      }
    | {
        kind: "drawer";
        /**
         * The contact of the printer's drawer socket.
         */
        pin?: "2" | "5";
      };
  /**
   * For which route, whose paper it is laid out for.
   */
  route: string;
}
/**
 * A receipt or kitchen ticket.
 */
export interface Receipt {
  /**
   * 1 to [`LINES_MAX`], from top to bottom; the paper is cut at the end in any case.
   */
  lines: Line[];
}
/**
 * One cell of a row.
 */
export interface Cell {
  /**
   * Where in the cell.
   */
  align?: "left" | "center" | "right";
  /**
   * The words; broken within the cell.
   */
  text: string;
  /**
   * Share of the line, in characters of normal width; absent once: whatever is left.
   */
  width?: number | null;
}
