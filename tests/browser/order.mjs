// A guest orders at table 7, staff confirm, the kitchen cooks, the guest is told: real pages in
// Chromium, against a running hotel.
//
//   node order.mjs --hotel DIR/hotel.json --edgectl PROGRAM --out DIR
//
// Prints one JSON object of what was seen; exits with 1 and pictures of all pages when something
// did not come.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./chromium.mjs";
import { enrol } from "./enrolled.mjs";

const { values } = parseArgs({
  options: { hotel: { type: "string" }, edgectl: { type: "string" }, out: { type: "string" } },
});
const hotel = JSON.parse(readFileSync(values.hotel, "utf8"));
const dir = dirname(values.hotel);
const HOSTILE = `<img src=x onerror="globalThis.owned=true"><script>globalThis.owned=true</script> & "no" onions`;
const LIMIT_MS = 60_000;

const address = (component, key) => {
  const { host, port } = hotel.listeners[component][key];
  return `${host}:${port}`;
};
const staffOrigin = `https://${address("console", "tls_listener")}`;
const guestOrigin = `http://${address("console", "listener")}`;

mkdirSync(values.out, { recursive: true });
const browser = await openBrowser([join(hotel.property_dir, "ca.pem"), hotel.cloud_ca]);
const pages = new Map();
const seen = {};
try {
  await story();
  console.log(JSON.stringify(seen));
} catch (error) {
  console.error(error);
  for (const [name, page] of pages) {
    await page.screenshot({ path: join(values.out, `failed-${name}.png`), fullPage: true }).catch(() => undefined);
    console.error(`--- ${name}: ${page.url()}\n${await page.innerText("body").catch(() => "")}`);
  }
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function story() {
  const staff = await enrolled("front-desk-1", "front-desk", 1280, 900);
  const kitchen = await enrolled("kitchen-1", "kitchen", 1280, 900);
  const guest = await person("guest", 360, 740);

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
  await shot("guest-order");
  await guest.getByRole("button", { name: "Order now" }).click();
  await guest.getByText("Sent", { exact: true }).waitFor();

  await staff.getByText(HOSTILE).first().waitFor();
  await staff.getByRole("button", { name: /^Confirm/ }).first().click();
  await guest.getByText("Confirmed", { exact: true }).waitFor();

  await kitchen.getByText("Ticket printed").waitFor();
  await kitchen.getByRole("button", { name: /order 1$/ }).click();
  await guest.getByText("Being prepared", { exact: true }).waitFor();
  await shot("kitchen");
  await kitchen.getByRole("button", { name: /order 1$/ }).click();
  await guest.getByText("Ready", { exact: true }).waitFor();
  await shot("guest-ready");
  await shot("staff");

  await nobodyIsOwned();
  await everythingFits();
  await staff.goto(`${staffOrigin}/life`);
  await staff.getByText("Direct, in the hotel").waitFor();
  seen.figures = await staff.locator("section", { hasText: "This page's network" }).innerText();
  await shot("life");
  await nobodyIsOwned();
  await everythingFits();
  seen.signaling_mode = modeIn(seen.figures);
  await withoutTheLocalServer(guest, staff);
  seen.tickets = readdirSync(hotel.printer.tickets).filter((name) => name.endsWith(".txt")).length;
}

/** The hotel's own signaling server stands still: pages and box meet through the other one. */
async function withoutTheLocalServer(guest, staff) {
  const status = JSON.parse(execFileSync(values.edgectl, ["local", "status", "--json", "--dir", dir], { encoding: "utf8" }));
  const { pid } = status.components.find(({ name }) => name === "signaling");
  process.kill(pid, "SIGSTOP");
  try {
    await guest.getByText("Connected through the cloud").waitFor();
    // The connection itself has outlived its server.
    await guest.getByRole("button", { name: "One more Mineral water" }).click();
    await guest.getByRole("button", { name: "Order now" }).click();
    await guest.getByText("No. 2").waitFor();

    const late = await person("late-guest", 360, 740);
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

/** Every page is as wide as a phone, and as a screen, without anything to its side. */
async function everythingFits() {
  for (const [name, page] of pages) {
    const before = page.viewportSize();
    for (const width of [360, 1280]) {
      await page.setViewportSize({ ...before, width });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (beyond > 0) throw new Error(`${name} is ${beyond} px wider than ${width} px`);
      const picture = join(values.out, `${name}-${width}.png`);
      await page.screenshot({ path: picture, fullPage: true });
    }
    await page.setViewportSize(before);
  }
}

function modeIn(figures) {
  return /Signaling\s+(\w+)/.exec(figures)?.[1];
}

async function person(name, width, height) {
  const context = await browser.person(width, height, { unprotected: true });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on("pageerror", (error) => console.error(`${name}: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && console.error(`${name}: ${message.text()}`));
  pages.set(name, page);
  return page;
}

/** A tablet on the page of its role. */
async function enrolled(principal, role, width, height) {
  const page = await person(principal, width, height);
  await enrol(page, { edgectl: values.edgectl, dir }, principal, role);
  return page;
}

async function shot(name) {
  const of = { "guest-order": "guest", "guest-ready": "guest", kitchen: "kitchen-1", staff: "front-desk-1", life: "front-desk-1" }[name];
  await pages.get(of).screenshot({ path: join(values.out, `${name}.png`), fullPage: true });
}
