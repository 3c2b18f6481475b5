// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a server says.
 */
export type ServerMessage =
  | Challenge
  | Welcome
  | {
      peer: Peer;
      type: "peer-joined";
    }
  | {
      /**
       * Names whoever holds a leaf certificate: component, device, peer or operator; the
       * certificate's CN. One namespace per property, never reused.
       */
      peer: string;
      /**
       * Why.
       */
      reason: "left" | "silent" | "revoked";
      type: "peer-left";
    }
  | Sdp
  | Sdp1
  | Candidate
  | IceServers
  | Undeliverable
  | Ping
  | {
      problem: Problem;
      type: "problem";
    }
  | {
      /**
       * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
       */
      reconnect_after_ms: number;
      type: "go-away";
    };
export type Word = string;

/**
 * What to sign; the first message.
 */
export interface Challenge {
  type: "challenge";
}
/**
 * Joined; who else is here.
 */
export interface Welcome {
  type: "welcome";
}
/**
 * Who is here.
 */
export interface Peer {
  /**
   * What it can do for others.
   */
  capabilities: Word[];
  /**
   * What sort of thing it is.
   */
  device_type?: Word | null;
  /**
   * Names whoever holds a leaf certificate: component, device, peer or operator; the
   * certificate's CN. One namespace per property, never reused.
   */
  id: string;
  /**
   * What people call it; empty for guests, who are nobody's business.
   */
  name: string;
  /**
   * What they are allowed by what they are.
   */
  standing:
    | "component"
    | "device"
    | "operator"
    | ("guest" | "front-desk" | "housekeeping" | "kitchen" | "pos" | "engineering" | "manager");
}
/**
 * A proposal, `from` a peer.
 */
export interface Sdp {
  type: "offer";
}
/**
 * An acceptance, `from` a peer.
 */
export interface Sdp1 {
  type: "answer";
}
/**
 * A way to be reached, `from` a peer.
 */
export interface Candidate {
  type: "ice-candidate";
}
/**
 * STUN and TURN servers.
 */
export interface IceServers {
  type: "ice-servers";
}
/**
 * A message that found nobody.
 */
export interface Undeliverable {
  type: "undeliverable";
}
/**
 * Still there.
 */
export interface Ping {
  type: "pong";
}
/**
 * Why.
 */
export interface Problem {
  /**
   * What went wrong, for programs.
   */
  code:
    | "malformed"
    | "unsupported-version"
    | "invalid"
    | "forbidden"
    | "not-found"
    | "conflict"
    | "too-large"
    | "expired"
    | "unsupported"
    | "busy"
    | "timed-out"
    | "unavailable"
    | "storage-full"
    | "internal";
  /**
   * What went wrong this time, for people; never guest data.
   */
  detail: string;
  /**
   * Path of the field at fault: `state.target_celsius`.
   */
  field?: string | null;
  /**
   * HTTP status that fits the code.
   */
  status: number;
  /**
   * The same in a few words, fixed per code.
   */
  title: string;
}
