/** The browser tests: the page as `npm start` serves it, in a real headless Chromium. */
import { defineConfig } from "@playwright/test";
import { CHROMIUM_FLAGS, findChromium } from "../../web/tools/chromium.mjs";
import { ROOT } from "../../web/tools/process.mjs";

const port = Number(process.env["WEIR_TEST_PORT"] ?? 47_610);
const chromium = findChromium();
if (chromium === undefined) {
  throw new Error("There is no Chromium; `npm test` installs one where it can.");
}

export default defineConfig({
  testDir: ".",
  outputDir: "../../node_modules/.cache/weir/browser",
  forbidOnly: true,
  retries: 0,
  // The machine's two cores: one for the page, one for the engine in its worker.
  workers: 1,
  reporter: "line",
  // A machine that does something else besides is slow, not wrong.
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1280, height: 800 },
    launchOptions: { executablePath: chromium, args: CHROMIUM_FLAGS },
    screenshot: "only-on-failure",
  },
  webServer: {
    command: `node web/tools/start.mjs --port ${port}`,
    cwd: ROOT,
    url: `http://localhost:${port}/`,
    timeout: 600_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 2000 },
  },
});
