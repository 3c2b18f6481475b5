// A story in a running hotel, told by pages in Chromium:
//
//   node STORY.mjs --hotel DIR/hotel.json --edgectl PROGRAM --out DIR
//
// Prints one JSON object of what was seen; exits with 1 and pictures of all pages when something
// did not come.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./chromium.mjs";
import { enrol } from "./enrolled.mjs";

/** How long anything on a page may take on a busy machine. */
const LIMIT_MS = 60_000;
const WIDTHS = [360, 1280];
/** How `edgectl local status` ends when not everything is ready. */
const UNWELL = 3;

const { values } = parseArgs({
  options: { hotel: { type: "string" }, edgectl: { type: "string" }, out: { type: "string" } },
});
export const hotel = JSON.parse(readFileSync(values.hotel, "utf8"));
/** What was seen. */
export const seen = {};
/** Everybody's page, by name. */
export const pages = new Map();
const dir = dirname(values.hotel);
let browser;

/** Plays `story` and says what was seen. */
export async function tell(story) {
  mkdirSync(values.out, { recursive: true });
  browser = await openBrowser([join(hotel.property_dir, "ca.pem"), hotel.cloud_ca]);
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
}

/** Somebody with an own browser profile; what is said of `unprotected` in chromium.mjs holds. */
export async function person(name, width, height, { unprotected = false } = {}) {
  const context = await browser.person(width, height, { unprotected });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on("pageerror", (error) => console.error(`${name}: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && console.error(`${name}: ${message.text()}`));
  pages.set(name, page);
  return page;
}

/** A tablet on the page of its role. */
export async function tablet(principal, role, options) {
  const page = await person(principal, 1280, 900, options);
  await enrol(page, { edgectl: values.edgectl, dir }, principal, role);
  return page;
}

/** What `edgectl` prints about the hotel. */
export function edgectl(...args) {
  try {
    return execFileSync(values.edgectl, [...args, "--dir", dir], { encoding: "utf8" });
  } catch (error) {
    // The status of a hotel where something is slow for a moment is a status as well.
    if (args[1] === "status" && error.status === UNWELL) return error.stdout;
    throw error;
  }
}

/** Keeps a picture of somebody's page. */
export async function shot(name, of) {
  await pages.get(of).screenshot({ path: join(values.out, `${name}.png`), fullPage: true });
}

/** Every page is as wide as a phone, and as a screen, without anything to its side. */
export async function everythingFits() {
  for (const [name, page] of pages) {
    const before = page.viewportSize();
    for (const width of WIDTHS) {
      await page.setViewportSize({ ...before, width });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (beyond > 0) throw new Error(`${name} is ${beyond} px wider than ${width} px`);
      await shot(`${name}-${width}`, name);
    }
    await page.setViewportSize(before);
  }
}
