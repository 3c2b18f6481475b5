// Chromium as people have it: an own profile, the property's CA trusted the way a device
// management installs it, nothing else reached.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser that trusts the certificate authorities in files (PEM); `close` removes its profile. */
export async function openBrowser(authorities) {
  const home = mkdtempSync(join(tmpdir(), "hotel-browser-"));
  const store = join(home, ".pki", "nssdb");
  mkdirSync(store, { recursive: true });
  certutil(store, "-N", "--empty-password");
  authorities.forEach((file, index) => {
    certutil(store, "-A", "-n", `authority-${index}`, "-t", "C,,", "-i", file);
  });
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    headless: true,
    args: FLAGS,
    env: { ...process.env, HOME: home },
  });
  return {
    /**
     * A person: own cookies, own keys, own window of that size. With `unprotected` the pages' content
     * security policy does not hold, so that a script that got into a page would run.
     */
    person: (width, height, { unprotected = false } = {}) =>
      browser.newContext({ viewport: { width, height }, bypassCSP: unprotected }),
    close: async () => {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function certutil(store, ...args) {
  execFileSync("certutil", ["-d", `sql:${store}`, ...args], { stdio: "pipe" });
}
