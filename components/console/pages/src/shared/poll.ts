import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Asks now and every so often while the component is on the page and `enabled` holds; the last answer stays. */
export function usePoll<A>(
  ask: () => Promise<A>,
  everyMs: number,
  enabled = true,
): ReadonlySignal<A | null> & { value: A | null } {
  const answer = useSignal<A | null>(null);
  useEffect(() => {
    if (!enabled) return;
    let gone = false;
    const turn = async () => {
      try {
        const asked = await ask();
        if (!gone) answer.value = asked;
      } catch {
        // Out of reach; the next turn asks again.
      }
    };
    void turn();
    const timer = setInterval(() => void turn(), everyMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [enabled, everyMs]);
  return answer;
}
