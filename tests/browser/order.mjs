// A guest orders at table 7, staff confirm, the kitchen cooks, the guest is told.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { edgectl, everythingFits, hotel, pages, person, seen, shot, tablet, tell } from "./story.mjs";

const HOSTILE = `<img src=x onerror="globalThis.owned=true"><script>globalThis.owned=true</script> & "no" onions`;
/** Pages whose own protection is off: what got into one would run. */
const UNPROTECTED = { unprotected: true };

const address = (component, key) => {
  const { host, port } = hotel.listeners[component][key];
  return `${host}:${port}`;
};
const staffOrigin = `https://${address("console", "tls_listener")}`;
const guestOrigin = `http://${address("console", "listener")}`;

await tell(story);

async function story() {
  const staff = await tablet("front-desk-1", "front-desk", UNPROTECTED);
  const kitchen = await tablet("kitchen-1", "kitchen", UNPROTECTED);
  const guest = await person("guest", 360, 740, UNPROTECTED);

  // Without an open sitting the table's link grants nothing.
  await guest.goto(`${guestOrigin}/t/table-7`);
  await guest.getByText("This table is not open yet").waitFor();

  await staff.getByLabel("Table", { exact: true }).fill("table-7");
  await staff.getByRole("button", { name: "Open" }).click();
  await staff.getByText("Table 7").first().waitFor();
  await guest.getByRole("button", { name: "Try again" }).click();
  await guest.getByText("Connected in the hotel").waitFor();
  seen.guest_secure_context = await guest.evaluate(() => isSecureContext);

  await guest.getByRole("button", { name: "One more Tomato soup" }).click();
  await guest.getByRole("button", { name: "One more Tomato soup" }).click();
  await guest.getByLabel("Wish for Tomato soup").fill(HOSTILE);
  await guest.getByLabel("For the kitchen").fill(HOSTILE);
  await shot("guest-order", "guest");
  await guest.getByRole("button", { name: "Order now" }).click();
  await guest.getByText("Sent", { exact: true }).waitFor();

  await staff.getByText(HOSTILE).first().waitFor();
  await staff.getByRole("button", { name: /^Confirm/ }).first().click();
  await guest.getByText("Confirmed", { exact: true }).waitFor();

  await kitchen.getByText("Ticket printed").waitFor();
  await kitchen.getByRole("button", { name: /order 1$/ }).click();
  await guest.getByText("Being prepared", { exact: true }).waitFor();
  await shot("kitchen", "kitchen-1");
  await kitchen.getByRole("button", { name: /order 1$/ }).click();
  await guest.getByText("Ready", { exact: true }).waitFor();
  await shot("guest-ready", "guest");
  await shot("staff", "front-desk-1");

  await nobodyIsOwned();
  await everythingFits();
  await staff.goto(`${staffOrigin}/life`);
  await staff.getByText("Direct, in the hotel").waitFor();
  seen.figures = await staff.locator("section", { hasText: "This page's network" }).innerText();
  await shot("life", "front-desk-1");
  await nobodyIsOwned();
  await everythingFits();
  seen.signaling_mode = modeIn(seen.figures);
  await withoutTheLocalServer(guest, staff);
  const texts = readdirSync(hotel.printer.tickets).filter((name) => name.endsWith(".txt"));
  // A printer that was slow for a moment may have printed one again, with its mark.
  const again = (name) => readFileSync(join(hotel.printer.tickets, name), "utf8").includes("POSSIBLE DUPLICATE");
  seen.tickets = texts.filter((name) => !again(name)).length;
}

/** The hotel's own signaling server stands still: pages and box meet through the other one. */
async function withoutTheLocalServer(guest, staff) {
  const status = JSON.parse(edgectl("local", "status", "--json"));
  const { pid } = status.components.find(({ name }) => name === "signaling");
  process.kill(pid, "SIGSTOP");
  try {
    await guest.getByText("Connected through the cloud").waitFor();
    // The connection itself has outlived its server.
    await guest.getByRole("button", { name: "One more Mineral water" }).click();
    await guest.getByRole("button", { name: "Order now" }).click();
    await guest.getByText("No. 2").waitFor();

    const late = await person("late-guest", 360, 740, UNPROTECTED);
    await late.goto(`${guestOrigin}/t/table-7`);
    await late.getByText("Connected through the cloud").waitFor();
    await late.getByText("No. 2").waitFor();
    await nobodyIsOwned();
    await staff.getByText("Connected through the cloud").waitFor();
    const network = staff.locator("section", { hasText: "This page's network" });
    seen.mode_without_local = modeIn(await network.innerText());
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await guest.getByText("Connected in the hotel").waitFor();
}

/** No page has taken a guest's text for markup: none of it became an element, and none of it ran. */
async function nobodyIsOwned() {
  for (const [name, page] of pages) {
    const elements = await page.locator('img[src="x"], script:not([src])').count();
    const ran = await page.evaluate(() => globalThis.owned === true);
    if (elements > 0 || ran) throw new Error(`${name} took a guest's text for markup`);
  }
  seen.pages_looked_at = (seen.pages_looked_at ?? 0) + pages.size;
}

function modeIn(figures) {
  return /Signaling\s+(\w+)/.exec(figures)?.[1];
}
