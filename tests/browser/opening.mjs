// How long Chromium takes to open a connection to the box of a running hotel.
//
//   node opening.mjs --hotel DIR/hotel.json --edgectl PROGRAM --count N
//
// A tablet loads its page that many times; prints one JSON object: what the page measured each time,
// from the call to the end of the handshake.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./chromium.mjs";
import { enrol } from "./enrolled.mjs";

const { values } = parseArgs({
  options: { hotel: { type: "string" }, edgectl: { type: "string" }, count: { type: "string" } },
});
const hotel = JSON.parse(readFileSync(values.hotel, "utf8"));
const MEASURE = "hotel-peer-opening";

const browser = await openBrowser([join(hotel.property_dir, "ca.pem"), hotel.cloud_ca]);
try {
  const context = await browser.person(1280, 900);
  const page = await context.newPage();
  await enrol(page, { edgectl: values.edgectl, dir: dirname(values.hotel) }, "front-desk-1", "front-desk");
  const opened_ms = [];
  while (opened_ms.length < Number(values.count)) {
    await page.reload();
    await page.getByText("Connected in the hotel").waitFor();
    const measured = await page.evaluate((name) => performance.getEntriesByName(name).map(({ duration }) => duration), MEASURE);
    if (measured.length !== 1) throw new Error(`measured ${measured.length} times`);
    opened_ms.push(measured[0]);
  }
  console.log(JSON.stringify({ opened_ms }));
} finally {
  await browser.close();
}
