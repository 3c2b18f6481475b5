import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** The present, for ages on the page; moves while somebody looks. */
export const present = signal(Date.now());

let lookers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Keeps the present moving while the component is on the page. */
export function usePresent(): number {
  useEffect(() => {
    lookers += 1;
    timer ??= setInterval(() => (present.value = Date.now()), 1_000);
    return () => {
      lookers -= 1;
      if (lookers === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return present.value;
}

/** How long ago, in the largest unit that says enough. */
export function age(sinceMs: number): string {
  const seconds = Math.max(0, Math.floor(sinceMs / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A duration, exact where it is short. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return age(ms);
}

/** Time of the day, in the page's language. */
export function clock(at: number, seconds = false): string {
  return new Intl.DateTimeFormat(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
  }).format(at);
}

/** A moment as people say it: today by its time alone, before that with its day. */
export function moment(at: number, now: number = Date.now()): string {
  const today = new Date(now).toDateString() === new Date(at).toDateString();
  if (today) return clock(at);
  return `${new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }).format(at)}, ${clock(at)}`;
}
