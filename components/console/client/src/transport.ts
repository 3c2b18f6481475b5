/** A reliable, ordered channel of frames to one peer. */
export interface Transport {
  /** Sends a frame; waits while the other side is behind. */
  send(frame: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Told of each frame, in order; one listener. */
  onFrame(listener: (frame: Uint8Array) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

/** Unsent octets above which a sender waits, and below which it goes on. */
const HIGH = 1024 * 1024;
const LOW = 256 * 1024;

/** An open data channel. */
export class ChannelTransport implements Transport {
  readonly #channel: RTCDataChannel;
  readonly #early: Uint8Array[] = [];
  #listener: ((frame: Uint8Array) => void) | null = null;

  constructor(channel: RTCDataChannel) {
    this.#channel = channel;
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = LOW;
    channel.onmessage = (event: MessageEvent<unknown>) => {
      const frame = event.data instanceof ArrayBuffer ? new Uint8Array(event.data) : new Uint8Array();
      if (this.#listener === null) this.#early.push(frame);
      else this.#listener(frame);
    };
  }

  async send(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#channel.bufferedAmount > HIGH && this.#channel.readyState === "open") {
      await this.#drained();
    }
    this.#channel.send(frame);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const waiting = new AbortController();
      const { signal } = waiting;
      const done = (): void => {
        waiting.abort();
        resolve();
      };
      this.#channel.addEventListener("bufferedamountlow", done, { signal });
      this.#channel.addEventListener("close", done, { signal });
    });
  }

  onFrame(listener: (frame: Uint8Array) => void): void {
    this.#listener = listener;
    this.#early.splice(0).forEach(listener);
  }

  onClose(listener: () => void): void {
    this.#channel.addEventListener("close", listener, { once: true });
  }

  close(): void {
    this.#channel.close();
  }
}
