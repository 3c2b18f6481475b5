// A guest opens the link of a table that is open, from a network that is not the hotel's.

import { edgectl, hotel, person, seen, shot, tell } from "./story.mjs";

await tell(async () => {
  edgectl("sitting", "open", "table-7");
  const { host, port } = hotel.listeners.console.listener;
  const guest = await person("guest", 360, 740);
  await guest.goto(`http://${host}:${port}/t/table-7`);
  await guest.getByRole("button", { name: "Try again" }).waitFor();
  await shot("refused", "guest");
  seen.said = await guest.innerText("body");
  seen.dishes = await guest.getByLabel(/^Wish for/).count();
});
