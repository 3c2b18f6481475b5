import type { Box } from "./box";

/** Says how the box is reached, loudly only when it is not. */
export function Banner({ box }: { box: Box }) {
  const { reached, mode } = { reached: box.reached.value, mode: box.mode.value };
  return (
    <div class="banner" data-reached={reached} role="status">
      <span class="dot" aria-hidden="true" />
      {reached ? connected(mode) : "Reconnecting… what you entered is kept."}
    </div>
  );
}

function connected(mode: "local" | "cloud" | "none"): string {
  switch (mode) {
    case "local":
      return "Connected in the hotel";
    case "cloud":
      return "Connected through the cloud";
    case "none":
      return "Connected";
  }
}
