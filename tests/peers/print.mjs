// Prints tickets one after another with receiptio: node print.mjs HOST:9100 COUNT
//
// Prints one JSON object: when each was asked for, in milliseconds of Unix time.

import { setTimeout } from "node:timers/promises";

import receiptio from "receiptio";

const TICKET = `^^^Table 7
{width:5 * 9}
2 x | Tomato soup | 13.00
{width:auto}
-
no hurry
`;

const APART_MS = 50;

const [address = "", count = "1"] = process.argv.slice(2);
const [host] = address.split(":");
const asked_ms = [];
for (let ticket = 0; ticket < Number(count); ticket += 1) {
  // The printer lets go of the one before meanwhile.
  await setTimeout(APART_MS);
  asked_ms.push(performance.timeOrigin + performance.now());
  const said = await receiptio.print(TICKET, `-d ${host} -l en`);
  if (said !== "success") throw new Error(said);
}
console.log(JSON.stringify({ asked_ms }));
