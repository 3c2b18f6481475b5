// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * What a client says.
 */
export type ClientMessage =
  | (Join & {
      type: "join";
    })
  | (Sdp & {
      type: "offer";
    })
  | (Sdp & {
      type: "answer";
    })
  | (Candidate & {
      type: "ice-candidate";
    })
  | {
      type: "get-ice-servers";
    }
  | (Ping & {
      type: "ping";
    })
  | {
      type: "leave";
    };
export type Word = string;
/**
 * A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
 */
export type Integer = number;

/**
 * First word of a client. Property, id and standing come from the credential alone.
 */
export interface Join {
  /**
   * What it can do for others: `orders`, `printing`.
   */
  capabilities?: Word[];
  /**
   * Who.
   */
  credential:
    | {
        token: string;
      }
    | {
        certificate: string;
      };
  /**
   * What sort of thing it is: `tablet`, `kitchen-display`, `box`.
   */
  device_type?: Word | null;
  /**
   * What people call it: `Front Desk iPad`.
   */
  name?: string;
  /**
   * Must be the credential's, if given.
   */
  peer?: string | null;
  /**
   * [`crate::credential::label::SIGNALING_JOIN`] over the nonce and the property.
   */
  proof: string;
  /**
   * Must be the credential's, if given.
   */
  property?: string | null;
  /**
   * Version of the protocol.
   */
  v: number;
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
 * A heartbeat; the answer repeats the number.
 */
export interface Ping {
  /**
   * Any number.
   */
  number?: number;
}
