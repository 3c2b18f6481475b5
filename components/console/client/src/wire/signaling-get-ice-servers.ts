// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a client says.
 */
export type ClientMessage =
  | Join
  | Sdp
  | Sdp1
  | Candidate
  | {
      type: "get-ice-servers";
    }
  | Ping
  | {
      type: "leave";
    };

/**
 * Comes in; the first message.
 */
export interface Join {
  type: "join";
}
/**
 * Proposes a connection.
 */
export interface Sdp {
  type: "offer";
}
/**
 * Accepts one.
 */
export interface Sdp1 {
  type: "answer";
}
/**
 * A way to be reached (trickle ICE, RFC 8838).
 */
export interface Candidate {
  type: "ice-candidate";
}
/**
 * Is still there.
 */
export interface Ping {
  type: "ping";
}
