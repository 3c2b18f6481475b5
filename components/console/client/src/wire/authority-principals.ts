// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Who was ever given a name.
 */
export interface Principals {
  /**
   * By name; guests are left out.
   */
  principals: RegisteredPrincipal[];
}
/**
 * One principal of the property.
 */
export interface RegisteredPrincipal {
  /**
   * What people call it.
   */
  name?: string;
  /**
   * Who.
   */
  principal: string;
  /**
   * Whether its rights have ended.
   */
  revoked: boolean;
  /**
   * What they are.
   */
  standing:
    | "component"
    | "device"
    | "operator"
    | ("guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager");
}
