// Tablets of a running hotel, enrolled the way staff do it.

import { execFileSync } from "node:child_process";

/** Takes `page` through an invitation that `edgectl` makes for `principal`, to the page of its role. */
export async function enrol(page, { edgectl, dir }, principal, role) {
  const text = execFileSync(
    edgectl,
    ["authority", "invite", "--role", role, "--name", principal, principal, "--dir", dir],
    { encoding: "utf8" },
  );
  const url = /https:\/\/\S+\/enrol#\S+/.exec(text)?.[0];
  if (url === undefined) throw new Error(`no invitation in: ${text}`);
  await page.goto(url);
  await page.getByRole("button", { name: "Enrol this tablet" }).click();
  const digits = await page.getByLabel("Digits").textContent();
  execFileSync(edgectl, ["authority", "confirm", principal, digits, "--dir", dir]);
  await page.waitForURL((url) => !url.pathname.startsWith("/enrol"));
  await page.getByText("Connected in the hotel").waitFor();
}
