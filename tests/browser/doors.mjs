// A tablet of the front desk unlocks a room and sees its trail: real pages in Chromium, against a
// running hotel.
//
//   node doors.mjs --hotel DIR/hotel.json --edgectl PROGRAM --out DIR
//
// Prints one JSON object of what was seen; exits with 1 and pictures when something did not come.

import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./chromium.mjs";
import { enrol } from "./enrolled.mjs";

const { values } = parseArgs({
  options: { hotel: { type: "string" }, edgectl: { type: "string" }, out: { type: "string" } },
});
const hotel = JSON.parse(readFileSync(values.hotel, "utf8"));
const access = { edgectl: values.edgectl, dir: dirname(values.hotel) };
const LIMIT_MS = 60_000;

mkdirSync(values.out, { recursive: true });
const browser = await openBrowser([join(hotel.property_dir, "ca.pem"), hotel.cloud_ca]);
const seen = { widths: [] };
const context = await browser.person(1280, 900);
const page = await context.newPage();
page.setDefaultTimeout(LIMIT_MS);
page.on("pageerror", (error) => console.error(error.message));
page.on("console", (message) => message.type() === "error" && console.error(message.text()));
try {
  await enrol(page, access, "front-desk-1", "front-desk");
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
  await fits("sure");
  await room.getByRole("button", { name: /^Unlock it now/ }).click();
  await room.getByText("The lock says that it opened.").waitFor();
  await trail.getByText("front-desk-1 wants: unlock").waitFor();
  await trail.getByText("unlock: done").waitFor();
  await trail.getByText("unlock by remote").waitFor();
  seen.trail = await trail.locator("li").allInnerTexts();
  await room.getByText("unlocked", { exact: true }).waitFor();
  await fits("opened");
  console.log(JSON.stringify(seen));
} catch (error) {
  console.error(error);
  await page.screenshot({ path: join(values.out, "failed.png"), fullPage: true }).catch(() => undefined);
  console.error(await page.innerText("body").catch(() => ""));
  process.exitCode = 1;
} finally {
  await browser.close();
}

/** The page is as wide as a phone, and as a screen, without anything to its side. */
async function fits(name) {
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    if (width === 360) await page.getByRole("button", { name: "Doors", exact: true }).click();
    await page.getByRole("heading", { name: "Doors" }).waitFor();
    await page.getByRole("button", { name: "Unlock 102" }).waitFor();
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (beyond > 0) throw new Error(`${name} is ${beyond} px wider than ${width} px`);
    await page.screenshot({ path: join(values.out, `${name}-${width}.png`), fullPage: true });
    seen.widths.push(width);
  }
}
