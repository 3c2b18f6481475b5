// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Who somebody says they are.
 */
export type Credential =
  | {
      token: string;
    }
  | {
      certificate: string;
    };
