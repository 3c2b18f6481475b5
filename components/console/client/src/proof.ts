/** What is signed to prove that a key is at hand; the same bytes as `wire::credential::proof`. */

import { concat, u32, utf8 } from "./octets";

export const LABEL = {
  signalingJoin: "hotel-signaling-join-v1",
  bearer: "hotel-bearer-v1",
  renew: "hotel-renew-v1",
  enrol: "hotel-enrol-v1",
  compare: "hotel-compare-v1",
  guest: "hotel-guest-v1",
  peerHandshake: "hotel-peer-handshake-v1",
  doorPetition: "hotel-door-petition-v1",
} as const;

export function proof(label: string, parts: Uint8Array[]): Uint8Array {
  const framed = parts.flatMap((part) => [u32(part.length), part]);
  return concat(utf8(label), new Uint8Array(1), ...framed);
}
