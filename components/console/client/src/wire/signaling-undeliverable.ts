// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a server says.
 */
export type ServerMessage =
  | (Challenge & {
      type: "challenge";
    })
  | (Welcome & {
      type: "welcome";
    })
  | {
      peer: Peer2;
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
  | (Sdp & {
      type: "offer";
    })
  | (Sdp & {
      type: "answer";
    })
  | (Candidate & {
      type: "ice-candidate";
    })
  | (IceServers & {
      type: "ice-servers";
    })
  | (Undeliverable & {
      type: "undeliverable";
    })
  | (Ping & {
      type: "pong";
    })
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
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * First word of a server.
 */
export interface Challenge {
  /**
   * Whether the server stands in the hotel or in the cloud.
   */
  mode: "local" | "cloud" | "none";
  /**
   * To be signed within ten seconds, on this connection.
   */
  nonce: string;
  /**
   * Version of the protocol.
   */
  v: number;
}
/**
 * Joined.
 */
export interface Welcome {
  /**
   * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
   */
  heartbeat_ms: number;
  /**
   * The servers; none are needed inside a hotel.
   */
  ice_servers: IceServer[];
  /**
   * Everybody the client may call or be called by, itself excluded.
   */
  peers: Peer[];
  /**
   * The hotel.
   */
  property: string;
  /**
   * Whether a session of the same peer ended with this one.
   */
  resumed: boolean;
  you: Peer1;
}
/**
 * One STUN or TURN server.
 */
export interface IceServer {
  /**
   * Password for TURN, short-lived.
   */
  credential?: string | null;
  /**
   * `stun:` or `turn:` addresses (RFC 7064, RFC 7065).
   */
  urls: string[];
  /**
   * Name for TURN.
   */
  username?: string | null;
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
 * Who is here.
 */
export interface Peer1 {
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
 * Who is here.
 */
export interface Peer2 {
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
 * A session description on its way (RFC 8866).
 */
export interface Sdp {
  /**
   * Which attempt it belongs to.
   */
  connection: string;
  /**
   * From whom; written by the server.
   */
  from?: string | null;
  /**
   * Counts the negotiations of the connection from 0: set-up, ICE restarts. A late answer to
   * an earlier one is ignored.
   */
  negotiation?: number;
  /**
   * How long it waited for the addressee, in milliseconds; written by the server.
   */
  queued_ms?: Integer | null;
  /**
   * The description, at most [`SDP_MAX`] bytes.
   */
  sdp: string;
  /**
   * To whom.
   */
  to?: string | null;
}
/**
 * A candidate on its way.
 */
export interface Candidate {
  /**
   * The candidate; absent when there are no more.
   */
  candidate?: IceCandidate | null;
  /**
   * Which attempt it belongs to.
   */
  connection: string;
  /**
   * From whom; written by the server.
   */
  from?: string | null;
  /**
   * Which negotiation of the connection it belongs to.
   */
  negotiation?: number;
  /**
   * To whom.
   */
  to?: string | null;
}
/**
 * A candidate in the form of `RTCIceCandidateInit` (W3C WebRTC §4.8.1); its names are the standard's.
 */
export interface IceCandidate {
  /**
   * `candidate:…` (RFC 8839 §5.1), at most [`CANDIDATE_MAX`] characters.
   */
  candidate: string;
  /**
   * Media section by number.
   */
  sdpMLineIndex?: number | null;
  /**
   * Media section by name.
   */
  sdpMid?: string | null;
  /**
   * Fragment of the ICE session.
   */
  usernameFragment?: string | null;
}
/**
 * STUN and TURN servers, in the form of `RTCConfiguration` (W3C WebRTC §4.2).
 */
export interface IceServers {
  /**
   * The servers; none are needed inside a hotel.
   */
  ice_servers: IceServer[];
}
/**
 * A message that found nobody.
 */
export interface Undeliverable {
  /**
   * Which attempt it belonged to.
   */
  connection: string;
  /**
   * Why.
   */
  reason: "unknown-peer" | "not-allowed" | "expired" | "queue-full" | "offline";
  /**
   * Names whoever holds a leaf certificate: component, device, peer or operator; the
   * certificate's CN. One namespace per property, never reused.
   */
  to: string;
}
/**
 * A heartbeat; the answer repeats the number.
 */
export interface Ping {
  /**
   * Any number.
   */
  number?: number;
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
