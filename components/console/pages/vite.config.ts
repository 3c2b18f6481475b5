import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const PAGES = ["guest", "staff", "kitchen", "life", "enrol", "rooms", "desk", "pos"];

/** One page for each kind of visitor; nothing inline, so that no page needs an exception. */
export default defineConfig({
  appType: "mpa",
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(
        PAGES.map((page) => [page, resolve(import.meta.dirname, `${page}.html`)]),
      ),
    },
    target: "es2022",
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/shared/patience.ts"],
    testTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
