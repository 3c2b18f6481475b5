import { useSignal } from "@preact/signals";

import { Act } from "./act";

interface Props {
  /** What the button says, and to whom it is read out. */
  word: string;
  label: string;
  /** What is said before it is done. */
  really: string;
  keep: string;
  act: () => Promise<void>;
}

/** A button for what cannot be taken back: it asks once more. */
export function Sure({ word, label, really, keep, act }: Props) {
  const asked = useSignal(false);
  if (!asked.value) {
    return (
      <button type="button" class="quiet" aria-label={label} onClick={() => (asked.value = true)}>
        {word}
      </button>
    );
  }
  return (
    <>
      <Act
        label={`${really}: ${label}`}
        act={async () => {
          await act();
          asked.value = false;
        }}
      >
        {really}
      </Act>
      <button type="button" class="quiet" onClick={() => (asked.value = false)}>
        {keep}
      </button>
    </>
  );
}
