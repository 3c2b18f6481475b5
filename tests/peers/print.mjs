// Prints tickets one after another with receiptio: node print.mjs HOST:9100 COUNT
//
// Prints one JSON object: when each was asked for, in milliseconds of Unix time.

import receiptio from "receiptio";

const TICKET = `^^^Table 7
{width:5 * 9}
2 x | Tomato soup | 13.00
{width:auto}
-
no hurry
`;

const TRIES = 100;

const [address = "", count = "1"] = process.argv.slice(2);
const [host] = address.split(":");
const asked_ms = [];
for (let ticket = 0; ticket < Number(count); ticket += 1) asked_ms.push(await print());
console.log(JSON.stringify({ asked_ms }));

/** Prints one; when it was asked for. A printer that still lets go of the one before is asked again. */
async function print() {
  for (let left = TRIES; ; left -= 1) {
    const asked = performance.timeOrigin + performance.now();
    const said = await receiptio.print(TICKET, `-d ${host} -l en`);
    if (said === "success") return asked;
    if (said !== "offline" || left === 0) throw new Error(said);
  }
}
