// A tablet of the front desk unlocks a room and sees its trail.

import { everythingFits, seen, shot, tablet, tell } from "./story.mjs";

await tell(story);

async function story() {
  const page = await tablet("front-desk-1", "front-desk");
  const doors = page.locator("section", { has: page.getByRole("heading", { name: "Doors" }) });
  const room = doors.locator("li.door", { hasText: "101" });
  await room.getByText(/^(un)?locked$/).waitFor();

  // A look at the button does nothing yet.
  await room.getByRole("button", { name: "Unlock 101" }).click();
  await room.getByRole("button", { name: "Leave it" }).click();
  await room.getByRole("button", { name: "Trail of 101" }).click();
  const trail = room.getByRole("list", { name: "What happened at 101" });
  await trail.waitFor();
  seen.intents_before = await trail.locator('li[data-kind="intent"]').count();

  await room.getByRole("button", { name: "Unlock 101" }).click();
  await showsDoorsOnAPhone(page, "sure");
  await room.getByRole("button", { name: /^Unlock it now/ }).click();
  await room.getByText("The lock says that it opened.").waitFor();
  await trail.getByText("front-desk-1 wants: unlock").waitFor();
  await trail.getByText("unlock: done").waitFor();
  await trail.getByText("unlock by remote").waitFor();
  seen.trail = await trail.locator("li").allInnerTexts();
  await room.getByText("unlocked", { exact: true }).waitFor();
  await showsDoorsOnAPhone(page, "opened");
}

/** Also where the page is narrow, the doors are one press away. */
async function showsDoorsOnAPhone(page, name) {
  await page.setViewportSize({ width: 360, height: 900 });
  await page.getByRole("button", { name: "Doors", exact: true }).click();
  await page.getByRole("heading", { name: "Doors" }).waitFor();
  await page.getByRole("button", { name: "Unlock 102" }).waitFor();
  await everythingFits();
  await shot(name, "front-desk-1");
  await page.setViewportSize({ width: 1280, height: 900 });
}
