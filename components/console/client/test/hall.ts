// A signaling server for tests, honest unless told otherwise.

import type { AddressInfo } from "node:net";

import { type WebSocket, WebSocketServer } from "ws";

import { type Credential, proves, verifyCredential } from "../src/credential";
import { fromBase64, random, toBase64url, utf8 } from "../src/octets";
import { LABEL, proof } from "../src/proof";
import type { Hotel } from "./specimen";

export type Words = Record<string, unknown>;

interface Join {
  credential: { token: string } | { certificate: string };
  proof: string;
  name: string;
  device_type?: string;
  capabilities: string[];
}

interface Present {
  socket: WebSocket;
  description: Words;
}

export class Hall {
  readonly present = new Map<string, Present>();
  /** What becomes of a message on its way; null drops it. */
  passing: (message: Words) => Words | null = (message) => message;
  /** First words instead of the challenge. */
  greeting: unknown = null;
  /** Further members of every welcome. */
  welcome: Words = {};
  answersPings = true;
  greeted = 0;
  joins = 0;
  /** Also of one that was closed: it can be opened again there. */
  port = 0;
  readonly #hotel: Hotel;
  readonly #server: WebSocketServer;

  private constructor(hotel: Hotel, server: WebSocketServer) {
    this.#hotel = hotel;
    this.#server = server;
    server.on("connection", (socket) => this.#greet(socket));
  }

  static async open(hotel: Hotel, port = 0): Promise<Hall> {
    const server = await listening(port);
    const hall = new Hall(hotel, server);
    hall.port = (server.address() as AddressInfo).port;
    return hall;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.#server.clients.forEach((socket) => socket.terminate());
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Says something to somebody who is here. */
  tell(principal: string, said: unknown): void {
    this.present.get(principal)?.socket.send(typeof said === "string" ? said : JSON.stringify(said));
  }

  #greet(socket: WebSocket): void {
    this.greeted += 1;
    const nonce = random(32);
    const greeting = this.greeting ?? { type: "challenge", v: 1, mode: "local", nonce: toBase64url(nonce) };
    socket.send(typeof greeting === "string" ? greeting : JSON.stringify(greeting));
    let me = "";
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Words;
      if (message.type === "join") me = this.#admit(socket, nonce, message as unknown as Join);
      else this.#hear(me, message);
    });
    socket.on("close", () => this.#part(me, socket));
  }

  #admit(socket: WebSocket, nonce: Uint8Array, join: Join): string {
    const credential: Credential =
      "token" in join.credential ? join.credential : { certificate: fromBase64(join.credential.certificate) };
    const caller = verifyCredential(credential, this.#hotel.ca, Date.now());
    const text = proof(LABEL.signalingJoin, [nonce, utf8(caller.property)]);
    if (!proves(caller, text, fromBase64(join.proof))) throw new Error("the proof is wrong");
    this.joins += 1;
    const { name, device_type, capabilities } = join;
    const description = { id: caller.principal, standing: caller.standing, name, device_type, capabilities };
    const peers = [...this.present.values()].map((one) => one.description);
    this.present.forEach((one) => one.socket.send(JSON.stringify({ type: "peer-joined", peer: description })));
    this.present.set(caller.principal, { socket, description });
    const { property } = caller;
    const welcome = { type: "welcome", you: description, property, peers, heartbeat_ms: 5_000, ice_servers: [], resumed: false };
    socket.send(JSON.stringify({ ...welcome, ...this.welcome }));
    return caller.principal;
  }

  #hear(from: string, message: Words): void {
    if (message.type === "ping" && this.answersPings) this.tell(from, { type: "pong", number: message.number });
    if (message.type === "leave") this.#part(from, this.present.get(from)?.socket);
    if (typeof message.to !== "string") return;
    const passed = this.passing({ ...message, from });
    if (passed === null) return;
    const to = String(passed.to);
    if (this.present.has(to)) this.tell(to, passed);
    else this.tell(from, { type: "undeliverable", to, connection: message.connection, reason: "unknown-peer" });
  }

  #part(me: string, socket: WebSocket | undefined): void {
    if (socket === undefined || this.present.get(me)?.socket !== socket) return;
    this.present.delete(me);
    this.present.forEach((one) => one.socket.send(JSON.stringify({ type: "peer-left", peer: me, reason: "left" })));
  }
}

/** A server on a port, or on any; a port that was given back may be taken by somebody else for a moment. */
async function listening(port: number): Promise<WebSocketServer> {
  for (;;) {
    const server = new WebSocketServer({ host: "127.0.0.1", port });
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once("listening", () => resolve(undefined));
      server.once("error", resolve);
    });
    if (error === undefined) return server;
    if (error.code !== "EADDRINUSE") throw error;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
