// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Names whoever holds a leaf certificate: component, device, peer or operator; the
 * certificate's CN. One namespace per property, never reused.
 */
export type Principal = string;

/**
 * Body of `POST /offer` and its answer, and of `POST /answer`.
 */
export interface Exchange {
  /**
   * Which attempt it belongs to.
   */
  connection: string;
  /**
   * From whom; the credential decides.
   */
  from?: Principal | null;
  /**
   * All candidates; none when they are in the description.
   */
  iceCandidates?: IceCandidate[];
  /**
   * The description.
   */
  sdp: string;
  /**
   * To whom; the box itself when absent.
   */
  to?: Principal | null;
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
