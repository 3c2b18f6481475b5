/**
 * One attempt to connect, and its connection until it ends: offer and answer, trickled candidates,
 * handshake, ICE restart by whoever made the first offer.
 */

import type { Passport, Caller } from "./credential";
import { CLOSE, frameOf } from "./framing";
import { Handshake, type Position } from "./handshake";
import { pack } from "./message";
import { problem, type ProblemError, problemOf } from "./problem";
import { fingerprint } from "./sdp";
import { ChannelTransport, type Transport } from "./transport";
import type { ClientMessage } from "./wire/signaling-offer";

/** Name of the measure of how long a call took to open. */
export const OPENING = "hotel-peer-opening";

/** What a call tells its peer. */
export interface CallEvents {
  say(message: ClientMessage): void;
  established(call: Call, caller: Caller, transport: Transport): void;
  /** It came to nothing, or its connection is lost. */
  failed(call: Call, error: ProblemError): void;
}

export interface CallSettings {
  id: string;
  them: string;
  position: Position;
  passport: Passport;
  ca: Uint8Array;
  capabilities: string[];
  iceServers: RTCIceServer[];
  relayOnly: boolean;
}

const LABEL = "hotel";
const PROTOCOL = "hotel-peer-v1";
/** How long a channel may take to open. */
const OPEN_MS = 8_000;
/** How long both proofs may take. */
const HANDSHAKE_MS = 5_000;
/** How long nothing is heard before ICE is restarted. */
const PATIENCE_MS = 2_000;
/** How long a restart may take before the connection is given up. */
const RESTARTED_MS = 10_000;
/** Candidates that came before the description they belong to. */
const EARLY_MAX = 32;
/** Frames that came while the handshake thinks; an honest side sends two, and a reason to close. */
const UNREAD_MAX = 8;
/** How long a last word may take to leave. */
const LINGER_MS = 500;

export interface Description {
  connection: string;
  negotiation: number;
  sdp: string;
}

export class Call {
  readonly settings: CallSettings;
  readonly connection: RTCPeerConnection;
  established = false;
  readonly #begun = performance.now();
  readonly #events: CallEvents;
  readonly #early: RTCIceCandidateInit[] = [];
  #negotiation = 0;
  #described = false;
  #remote: string | null = null;
  #ended = false;
  #channel: RTCDataChannel | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: CallSettings, events: CallEvents) {
    this.settings = settings;
    this.#events = events;
    this.connection = new RTCPeerConnection({
      iceServers: settings.iceServers,
      iceTransportPolicy: settings.relayOnly ? "relay" : "all",
    });
    this.#limit(OPEN_MS, "no connection in time");
    this.connection.onicecandidate = ({ candidate }) => this.#candidate(candidate);
    this.connection.onconnectionstatechange = () => this.#changed();
    if (settings.position === "offerer") {
      const channel = this.connection.createDataChannel(LABEL, { ordered: true, protocol: PROTOCOL });
      channel.onopen = () => void this.#prove(channel);
    } else {
      this.connection.ondatachannel = ({ channel }) => {
        if (channel.label !== LABEL) return;
        if (channel.readyState === "open") void this.#prove(channel);
        else channel.onopen = () => void this.#prove(channel);
      };
    }
  }

  /** Makes an offer: the first, or one that restarts ICE. */
  async offer(): Promise<void> {
    await this.#safely(async () => {
      this.#described = false;
      const offer = await this.connection.createOffer();
      await this.connection.setLocalDescription(offer);
      this.#events.say({ type: "offer", sdp: offer.sdp ?? "", ...this.#where() });
    });
  }

  async offered(offer: Description): Promise<void> {
    await this.#safely(async () => {
      if (this.settings.position === "offerer") return;
      if (this.#described && offer.negotiation <= this.#negotiation) return;
      this.#negotiation = offer.negotiation;
      await this.#describe("offer", offer.sdp);
      const answer = await this.connection.createAnswer();
      await this.connection.setLocalDescription(answer);
      this.#events.say({ type: "answer", sdp: answer.sdp ?? "", ...this.#where() });
      await this.#takeEarly();
    });
  }

  async answered(answer: Description): Promise<void> {
    await this.#safely(async () => {
      if (answer.negotiation !== this.#negotiation || this.#described) return;
      await this.#describe("answer", answer.sdp);
      await this.#takeEarly();
    });
  }

  async candidate(negotiation: number, candidate: RTCIceCandidateInit | null): Promise<void> {
    if (candidate === null || negotiation !== this.#negotiation) return;
    if (this.#described) await this.#add(candidate);
    else if (this.#early.length < EARLY_MAX) this.#early.push(candidate);
  }

  undeliverable(reason: string): void {
    // A restart that finds nobody has the time of a restart; the present way may go on meanwhile.
    if (!this.#described && this.#negotiation === 0) {
      const code = reason === "not-allowed" ? "forbidden" : "unavailable";
      this.#fail(problem(code, `the other side cannot be reached: ${reason}`));
    }
  }

  /** Looks for a way anew, over the same connection; meanwhile the present one goes on, if it does. */
  async restartIce(): Promise<void> {
    if (this.#ended || !this.established || this.settings.position !== "offerer") return;
    if (!this.#isConnected()) this.#limit(RESTARTED_MS, "the connection was lost");
    this.#negotiation += 1;
    this.connection.restartIce();
    await this.offer();
  }

  /** Somebody can carry offers again: one that was lost is made anew. */
  async signalingReturned(): Promise<void> {
    if (!this.#isConnected()) await this.restartIce();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#channel === null) {
      this.connection.close();
      return;
    }
    this.#channel.close();
    setTimeout(() => this.connection.close(), LINGER_MS);
  }

  async #prove(channel: RTCDataChannel): Promise<void> {
    if (this.#ended || this.#channel !== null) return;
    this.#channel = channel;
    this.#limit(HANDSHAKE_MS, "no handshake in time");
    const transport = new ChannelTransport(channel);
    try {
      const caller = await this.#handshake(transport);
      clearTimeout(this.#timer);
      this.established = true;
      this.#measure();
      this.#events.established(this, caller, transport);
    } catch (error) {
      const told = problemOf(error);
      await transport.send(frameOf(CLOSE, pack(told.problem))).catch(() => undefined);
      this.#fail(told);
    }
  }

  /** Ends with the other side known; never, when the call ends before. */
  async #handshake(transport: Transport): Promise<Caller> {
    const { id, position, them, capabilities, passport, ca } = this.settings;
    const local = fingerprint(this.connection.localDescription?.sdp ?? "");
    const remote = fingerprint(this.connection.remoteDescription?.sdp ?? "");
    const terms = { position, connection: id, them, capabilities, fingerprints: { local, remote } };
    const handshake = new Handshake(terms, passport, ca);
    const frames: Uint8Array[] = [];
    let wake: () => void = () => undefined;
    transport.onFrame((frame) => {
      if (frames.length >= UNREAD_MAX) this.#fail(problem("busy", "too much is said before the handshake"));
      else frames.push(frame);
      wake();
    });
    await transport.send(handshake.begin());
    transport.onClose(() => this.#fail(problem("unavailable", "the channel has closed")));
    for (;;) {
      const frame = frames.shift();
      if (frame === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const step = await handshake.handle(frame, Date.now());
      if (this.#isOver()) return new Promise<Caller>(() => undefined);
      if ("established" in step) return step.established;
      await transport.send(step.send);
    }
  }

  /** Gives WebRTC what the other side says of itself. */
  async #describe(type: "offer" | "answer", sdp: string): Promise<void> {
    this.#fix(sdp);
    try {
      await this.connection.setRemoteDescription({ type, sdp });
    } catch (error) {
      throw problem("malformed", `the ${type} cannot be used: ${problemOf(error).problem.detail}`, "sdp");
    }
  }

  /** The first description fixes the certificate; a later one may only repeat it. */
  #fix(sdp: string): void {
    const found = fingerprint(sdp);
    if (this.#remote !== null && this.#remote !== found) {
      throw problem("forbidden", "certificate is not the one that was announced", "sdp");
    }
    this.#remote = found;
  }

  async #takeEarly(): Promise<void> {
    this.#described = true;
    for (const candidate of this.#early.splice(0)) await this.#add(candidate);
  }

  async #add(candidate: RTCIceCandidateInit): Promise<void> {
    // One that is of no use hinders nobody.
    await this.connection.addIceCandidate(candidate).catch(() => undefined);
  }

  #candidate(candidate: RTCIceCandidate | null): void {
    if (this.#ended) return;
    const last = candidate === null || candidate.candidate === "";
    const way = last ? null : { ...candidate.toJSON(), candidate: candidate.candidate };
    this.#events.say({ type: "ice-candidate", candidate: way, ...this.#where() });
  }

  #changed(): void {
    if (this.#ended) return;
    switch (this.connection.connectionState) {
      case "disconnected":
        // Before it is established, the limit of the attempt goes on.
        if (this.established) this.#after(PATIENCE_MS, () => void this.#impatient());
        break;
      case "connected":
        if (this.established) clearTimeout(this.#timer);
        break;
      case "failed":
        this.#fail(problem("unavailable", "the connection was lost"));
        break;
      default:
    }
  }

  #isOver(): boolean {
    return this.#ended;
  }

  #isConnected(): boolean {
    return this.connection.connectionState === "connected";
  }

  async #impatient(): Promise<void> {
    if (this.settings.position === "offerer") await this.restartIce();
    else this.#limit(RESTARTED_MS, "the connection was lost");
  }

  /** How long the latest call took to open stands among the page's User Timing measures (W3C). */
  #measure(): void {
    performance.clearMeasures(OPENING);
    performance.measure(OPENING, { start: this.#begun, end: performance.now() });
  }

  #limit(ms: number, why: string): void {
    this.#after(ms, () => this.#fail(problem("timed-out", why)));
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }

  async #safely(act: () => Promise<void>): Promise<void> {
    try {
      if (!this.#ended) await act();
    } catch (error) {
      this.#fail(problemOf(error));
    }
  }

  #fail(error: ProblemError): void {
    if (this.#ended) return;
    this.end();
    this.#events.failed(this, error);
  }

  /** To whom, and to which negotiation of which call, a message belongs. */
  #where(): { to: string; connection: string; negotiation: number } {
    const { id, them } = this.settings;
    return { to: them, connection: id, negotiation: this.#negotiation };
  }
}
