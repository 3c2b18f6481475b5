import { defineConfig } from "vitest/config";

/** What is waited for comes in milliseconds; on a busy machine it may take longer. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
