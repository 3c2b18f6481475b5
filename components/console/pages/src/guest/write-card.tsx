import { useSignal } from "@preact/signals";

import { Act } from "../shared/act";
import type { GuestStore } from "./store";

/** Longest message; the box takes no longer one. */
const TEXT_MAX = 1_000;

/** A word to the house. */
export function WriteCard({ store, reached }: { store: GuestStore; reached: boolean }) {
  const text = useSignal("");
  const said = text.value.trim();
  const send = async () => {
    await store.write(said);
    text.value = "";
  };
  return (
    <section class="card" aria-labelledby="write-title">
      <h2 id="write-title">A word to us</h2>
      <form class="stack" onSubmit={(event) => event.preventDefault()}>
        <label>
          Your message
          <input
            type="text"
            autoComplete="off"
            maxLength={TEXT_MAX}
            value={text.value}
            onInput={({ currentTarget }) => (text.value = currentTarget.value)}
          />
        </label>
        <Act act={send} disabled={said === "" || !reached}>
          Send to our staff
        </Act>
      </form>
      <p class="faint">Only our staff read it; it stays in the hotel.</p>
    </section>
  );
}
