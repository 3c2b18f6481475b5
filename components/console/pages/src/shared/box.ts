import type { ReadonlySignal } from "@preact/signals";

/** By what kind of server the box was found. */
export type SignalingMode = "local" | "cloud" | "none";

/** How the connection to the box runs. */
export interface Figures {
  topology: "local-p2p" | "internet-p2p" | "cloud-relay";
  latencyMs: number | null;
  /** In dollars, for the bytes so far. */
  estimatedCost: number;
  localCandidate?: string;
  remoteCandidate?: string;
  bytesSent: number;
  bytesReceived: number;
}

/** The hotel's box, as pages see it: asked, heard, and now and then out of reach. */
export interface Box {
  readonly mode: ReadonlySignal<SignalingMode>;
  /** Whether it can be asked now. */
  readonly reached: ReadonlySignal<boolean>;
  /** Asks; waits for the connection as long as a question may take. */
  request<Q, A>(about: string, body: Q): Promise<A>;
  /** Hears what the box says by itself. */
  onEvent<B>(about: string, listener: (body: B) => void): () => void;
  /** Calls back now if it is reached, and whenever it is reached again. */
  onReached(listener: () => void): () => void;
  /** Nothing while it is out of reach. */
  figures(): Promise<Figures | null>;
  close(): Promise<void>;
}
