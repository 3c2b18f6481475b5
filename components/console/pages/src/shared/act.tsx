import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { problemOf, sentence } from "./problem";

interface Props {
  act: () => Promise<void>;
  label?: string | undefined;
  quiet?: boolean;
  disabled?: boolean;
  children: ComponentChildren;
}

/** A button whose act takes time and may be refused: pressed once at a time, the refusal below. */
export function Act({ act, label, quiet = false, disabled = false, children }: Props) {
  const busy = useSignal(false);
  const refusal = useSignal("");
  const press = async () => {
    if (busy.value) return;
    busy.value = true;
    refusal.value = "";
    try {
      await act();
    } catch (error) {
      refusal.value = sentence(problemOf(error));
    } finally {
      busy.value = false;
    }
  };
  return (
    <span class="act">
      <button
        type="button"
        class={quiet ? "quiet" : ""}
        aria-label={label}
        aria-busy={busy.value}
        disabled={disabled}
        onClick={() => void press()}
      >
        {children}
      </button>
      {refusal.value && (
        <span class="refusal" role="alert">
          {refusal.value}
        </span>
      )}
    </span>
  );
}
