// WebRTC without a browser: as much of it as the client uses, between connections of one test.
// What DTLS does is done: who shows another certificate than the description promised is not let in.

import { hex, random } from "../src/octets";

const sessions = new Map<string, FakeConnection>();

/** A data channel whose other end is in the same process. */
export class FakeChannel extends EventTarget {
  readonly label: string;
  readonly protocol: string;
  binaryType = "blob";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readyState: RTCDataChannelState = "connecting";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  far: FakeChannel | null = null;

  constructor(label: string, protocol: string) {
    super();
    this.label = label;
    this.protocol = protocol;
  }

  open(far: FakeChannel): void {
    this.far = far;
    this.readyState = "open";
    setImmediate(() => this.onopen?.());
  }

  send(frame: Uint8Array): void {
    if (this.readyState !== "open") throw new Error("the channel is not open");
    const data = frame.slice().buffer;
    const { far } = this;
    setImmediate(() => {
      if (far?.readyState === "open") far.onmessage?.({ data });
    });
  }

  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    const { far } = this;
    setImmediate(() => {
      this.dispatchEvent(new Event("close"));
      far?.close();
    });
  }
}

export class FakeConnection {
  /** Those of the test, the newest last. */
  static made: FakeConnection[] = [];
  readonly configuration: RTCConfiguration;
  readonly session = hex(random(8));
  readonly fingerprint = (hex(random(32)).match(/../g) ?? []).join(":");
  readonly added: RTCIceCandidateInit[] = [];
  connectionState: RTCPeerConnectionState = "new";
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ondatachannel: ((event: { channel: FakeChannel }) => void) | null = null;
  restarts = 0;
  channel: FakeChannel | null = null;

  constructor(configuration: RTCConfiguration) {
    this.configuration = configuration;
    sessions.set(this.session, this);
    FakeConnection.made.push(this);
  }

  createDataChannel(label: string, { protocol = "" }: RTCDataChannelInit): FakeChannel {
    this.channel = new FakeChannel(label, protocol);
    return this.channel;
  }

  createOffer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: "offer", sdp: this.#sdp() });
  }

  createAnswer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: "answer", sdp: this.#sdp() });
  }

  setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = description;
    const candidate = "candidate:1 1 udp 1 192.168.1.2 5000 typ host";
    const shown = { candidate, toJSON: () => ({ candidate, sdpMid: "0", sdpMLineIndex: 0 }) };
    setImmediate(() => {
      this.onicecandidate?.({ candidate: shown });
      this.onicecandidate?.({ candidate: null });
    });
    return Promise.resolve();
  }

  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    if (description.sdp?.startsWith("v=0\r\n") !== true) {
      const why = "Failed to parse SessionDescription. Expect line: v=";
      return Promise.reject(new DOMException(why, "OperationError"));
    }
    this.remoteDescription = description;
    if (description.type === "answer") setImmediate(() => this.#meet());
    return Promise.resolve();
  }

  addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (this.remoteDescription === null) return Promise.reject(new Error("no description yet"));
    this.added.push(candidate);
    return Promise.resolve();
  }

  restartIce(): void {
    this.restarts += 1;
  }

  close(): void {
    sessions.delete(this.session);
    // As in a browser, whoever closes it is not told.
    this.connectionState = "closed";
    this.channel?.close();
  }

  /** What a network does to it. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** Both descriptions are known: DTLS. */
  #meet(): void {
    const far = sessions.get(/a=session:(\S+)/.exec(this.remoteDescription?.sdp ?? "")?.[1] ?? "");
    if (far === undefined || this.connectionState === "connected") return;
    const isAsPromised = (one: FakeConnection, other: FakeConnection): boolean =>
      one.remoteDescription?.sdp?.includes(`a=fingerprint:sha-256 ${other.fingerprint}`) ?? false;
    const state = isAsPromised(this, far) && isAsPromised(far, this) ? "connected" : "failed";
    [this, far].forEach((side) => side.become(state));
    const { channel } = this;
    // A restart of ICE keeps the channel.
    if (state === "failed" || channel?.readyState !== "connecting") return;
    far.channel = new FakeChannel(channel.label, channel.protocol);
    far.channel.open(channel);
    channel.open(far.channel);
    far.ondatachannel?.({ channel: far.channel });
  }

  #sdp(): string {
    return `v=0\r\na=session:${this.session}\r\na=fingerprint:sha-256 ${this.fingerprint}\r\n`;
  }
}
