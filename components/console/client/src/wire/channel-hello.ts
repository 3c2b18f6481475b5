// Made from the schemas of `wire` by `npm run types`; not to be edited.

export type Word = string;

/**
 * First word of each side: who it is, whom it means, and over which DTLS certificate.
 */
export interface Hello {
  /**
   * What the speaker can do for the other.
   */
  capabilities: Word[];
  /**
   * The connection, as in the signaling.
   */
  connection: string;
  /**
   * Proves `from`.
   */
  credential:
    | {
        token: string;
      }
    | {
        certificate: string;
      };
  /**
   * Made for this connection; relayed envelopes are sealed under it.
   */
  ephemeral: string;
  /**
   * SHA-256 of the speaker's own DTLS certificate.
   */
  fingerprint: string;
  /**
   * Who speaks.
   */
  from: string;
  /**
   * Random.
   */
  nonce: string;
  /**
   * The hotel of both.
   */
  property: string;
  /**
   * Who is meant.
   */
  to: string;
  /**
   * Version of the protocol.
   */
  v: number;
}
