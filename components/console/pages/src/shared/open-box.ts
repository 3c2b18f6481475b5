import { type Passport, Peer } from "@hospitality-edge/client";

import type { Box } from "./box";
import { octets } from "./hotel";
import { PeerBox } from "./peer-box";
import type { Hotel } from "./wire";

/** Goes to the box of `hotel` and stays with it. */
export function openBox(passport: Passport, hotel: Hotel, deviceType: string): Box {
  const peer = new Peer({
    passport,
    authorityCertificate: octets(hotel.ca),
    signalingServers: hotel.signaling,
    preferLocal: true,
    deviceType,
  });
  return new PeerBox(peer);
}
