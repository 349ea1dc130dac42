/** How long a reader waits: from the page's address to its first picture, and to the first tick drawn. */
import { chromium } from "@playwright/test";
import { preview } from "vite";
import { CHROMIUM_FLAGS, ensureChromium, findChromium } from "../chromium.mjs";
import { PORT_DEFAULT, freePortFrom } from "../ports.mjs";
import { VITE_CONFIG } from "../site.mjs";
import { median, quantile, rounded } from "./statistics.mjs";

const LOADS = 7;

/**
 * Loads the bundled page from localhost in fresh browser contexts, and steps a tick as soon as that can be done.
 * @param {import("./engine.mjs").Report} report
 */
export async function measurePageLoad(report) {
  await ensureChromium();
  const port = (await freePortFrom(PORT_DEFAULT + 1000)) ?? PORT_DEFAULT + 1000;
  const where = { port, strictPort: true, host: "localhost" };
  const server = await preview({ configFile: VITE_CONFIG, logLevel: "warn", preview: where });
  const executable = findChromium();
  const browser = await chromium.launch({
    args: CHROMIUM_FLAGS,
    ...(executable === undefined ? {} : { executablePath: executable }),
  });
  const loads = [];
  for (let load = 0; load < LOADS; load += 1) {
    loads.push(await loadOnce(browser, `http://localhost:${port}/`));
  }
  await browser.close();
  await server.close();
  for (const [name, samples] of [
    ["page load to the first picture", loads.map((load) => load.picture)],
    ["page load to the first drawn tick", loads.map((load) => load.tick)],
  ]) {
    const times = /** @type {number[]} */ (samples);
    report({ name, milliseconds: rounded(median(times)), milliseconds_p95: rounded(quantile(times, 0.95)) });
  }
}

/**
 * @param {import("@playwright/test").Browser} browser
 * @param {string} address
 */
async function loadOnce(browser, address) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const lab = page.locator("weir-lab");
  const start = performance.now();
  await page.goto(address, { waitUntil: "commit" });
  await lab.locator("weir-picture canvas").waitFor();
  await lab.locator('[data-test="status"]').waitFor();
  const picture = performance.now() - start;
  const shown = lab.locator('[data-test="tick"]');
  const before = await shown.textContent();
  await lab.locator('[data-test="step"]').click();
  await lab.locator('[data-test="tick"]', { hasNotText: before ?? "" }).waitFor();
  // The picture follows in the next animation frame.
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  const tick = performance.now() - start;
  await context.close();
  return { picture, tick };
}
