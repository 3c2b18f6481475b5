/** The client library of the hotel's pages. What it promises: README.md. */

export { bearer, digits, enrol, type Enrolled, guestPassport, renewToken } from "./authority";
export type { Credential, Passport } from "./credential";
export { type Petition, petition, type Wanted } from "./door";
export { createKey, type Key, type KeyStore } from "./key";
export type { Connection } from "./held";
export { Peer, type PeerEvent, type Settings } from "./peer";
export { type Problem, ProblemError } from "./problem";
export type { PeerDescription } from "./said";
export type { Mode, ServerAddress } from "./signaling";
export type { Topology } from "./topology";
export type { GuestMessage } from "./wire/guest-message";
