/** The unit tests, in Node: everything named `*.test.ts` under `web/`. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["web/**/*.test.ts"],
    environment: "node",
    reporters: ["dot"],
    // A machine that does something else besides is slow, not wrong.
    testTimeout: 30_000,
  },
});
