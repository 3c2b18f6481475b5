// A guest opens the link of a table that is open, from a network that is not the hotel's.
//
//   node elsewhere.mjs --hotel DIR/hotel.json --edgectl PROGRAM --out DIR
//
// Prints one JSON object of what the page said.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./chromium.mjs";

const { values } = parseArgs({
  options: { hotel: { type: "string" }, edgectl: { type: "string" }, out: { type: "string" } },
});
const hotel = JSON.parse(readFileSync(values.hotel, "utf8"));
const { host, port } = hotel.listeners.console.listener;

mkdirSync(values.out, { recursive: true });
execFileSync(values.edgectl, ["sitting", "open", "table-7", "--dir", dirname(values.hotel)]);
const browser = await openBrowser([join(hotel.property_dir, "ca.pem")]);
try {
  const context = await browser.person(360, 740);
  const page = await context.newPage();
  await page.goto(`http://${host}:${port}/t/table-7`);
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await page.screenshot({ path: join(values.out, "refused.png"), fullPage: true });
  console.log(JSON.stringify({ said: await page.innerText("body"), dishes: await page.getByLabel(/^Wish for/).count() }));
} finally {
  await browser.close();
}
