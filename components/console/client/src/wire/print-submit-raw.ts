// Made from the schemas of `wire` by `npm run types`; not to be edited.

export type * from "./print-submit-drawer";
