// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Beds of a room.
 */
export type Beds = "double" | "twin";

/**
 * Body of an [`ALLOCATE`] request.
 */
export interface Allocate {
  /**
   * Rooms that are free for the stay, 1 to [`ROOMS_MAX`].
   */
  rooms: CandidateRoom[];
  wishes: Wishes;
}
/**
 * A room that could be given.
 */
export interface CandidateRoom {
  /**
   * It is accessible.
   */
  accessible?: boolean;
  /**
   * Its beds; unknown when absent.
   */
  beds?: Beds | null;
  /**
   * How many can sleep there.
   */
  capacity: number;
  /**
   * Its category, 1 (simplest) to 5.
   */
  category: number;
  /**
   * Floor above the ground.
   */
  floor?: number;
  /**
   * It is near the lift.
   */
  near_lift?: boolean;
  /**
   * It is quiet.
   */
  quiet?: boolean;
  /**
   * It is clean and can be moved into now.
   */
  ready?: boolean;
  /**
   * Its id.
   */
  room: string;
  /**
   * It has a view.
   */
  view?: boolean;
}
/**
 * What the reservation asks for.
 */
export interface Wishes {
  /**
   * An accessible room is needed.
   */
  accessible?: boolean;
  /**
   * Beds; any when absent.
   */
  beds?: Beds | null;
  /**
   * The category that was booked, 1 (simplest) to 5.
   */
  category: number;
  /**
   * How many sleep there, 1 to [`GUESTS_MAX`].
   */
  guests: number;
  /**
   * A high floor is wished for.
   */
  high_floor?: boolean;
  /**
   * A short way to the lift is wished for.
   */
  near_lift?: boolean;
  /**
   * For how many nights, at least 1.
   */
  nights: number;
  /**
   * A quiet room is wished for.
   */
  quiet?: boolean;
  /**
   * A view is wished for.
   */
  view?: boolean;
}
