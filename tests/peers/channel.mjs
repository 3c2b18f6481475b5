// Two ends of a bare data channel of node-datachannel in one process:
// node channel.mjs OPENED TRIPS OCTETS
//
// Prints one JSON object: how long each channel took to open, and each round trip of a message of so
// many octets on the last.

import nodeDataChannel from "node-datachannel";

const [opened, trips, octets] = process.argv.slice(2).map(Number);
const SETTINGS = { iceServers: [], bindAddress: "127.0.0.1" };

const opened_ms = [];
let pair = null;
for (let turn = 0; turn < opened; turn += 1) {
  pair?.close();
  const begun = performance.now();
  pair = await open();
  opened_ms.push(performance.now() - begun);
}
const trips_ms = [];
const message = Buffer.alloc(octets, 7);
for (let trip = 0; trip < trips; trip += 1) {
  const begun = performance.now();
  await pair.echo(message);
  trips_ms.push(performance.now() - begun);
}
pair.close();
console.log(JSON.stringify({ opened_ms, trips_ms }));
nodeDataChannel.cleanup();

async function open() {
  const near = new nodeDataChannel.PeerConnection("near", SETTINGS);
  const far = new nodeDataChannel.PeerConnection("far", SETTINGS);
  const candidates = { near: [], far: [] };
  const described = { near: false, far: false };
  join("near", near, "far", far);
  join("far", far, "near", near);
  far.onDataChannel((channel) => channel.onMessage((heard) => channel.sendMessageBinary(heard)));
  const channel = near.createDataChannel("hotel");
  await new Promise((resolve) => channel.onOpen(resolve));
  return {
    echo: (sent) =>
      new Promise((resolve) => {
        channel.onMessage(resolve);
        channel.sendMessageBinary(sent);
      }),
    close: () => {
      near.close();
      far.close();
    },
  };

  /** Hands what one end says to the other, candidates not before the description. */
  function join(from, one, to, other) {
    one.onLocalDescription((sdp, type) => {
      other.setRemoteDescription(sdp, type);
      described[to] = true;
      for (const [candidate, mid] of candidates[to].splice(0)) other.addRemoteCandidate(candidate, mid);
    });
    one.onLocalCandidate((candidate, mid) => {
      if (described[to]) other.addRemoteCandidate(candidate, mid);
      else candidates[to].push([candidate, mid]);
    });
  }
}
