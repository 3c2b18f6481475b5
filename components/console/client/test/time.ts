// What tests need of a browser's surroundings: its sockets, and time that the test turns on.

import { vi } from "vitest";
import { WebSocket } from "ws";

/** A browser's: errors that nobody hears are not thrown. */
export class BrowserSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.on("error", () => undefined);
  }
}

/** Timers that the test turns on; sockets go on by themselves. */
export function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
}

/** Lets everything happen that can happen without time. */
export async function breath(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await breath();
}

/** Lets time pass in steps that are short enough for heartbeats to be answered. */
export async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    vi.advanceTimersByTime(Math.min(left, 500));
    await breath();
  }
}
