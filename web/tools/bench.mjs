/**
 * `npm run -s bench`: measures, and prints a line of JSON for each measurement. `ratio` is the time of the peer
 * that was measured in the same run, divided by this one's.
 */
import { measureCheckpoints } from "./bench/checkpoints.mjs";
import { measureDrawing } from "./bench/draw.mjs";
import {
  measureClusters,
  measureFrames,
  measureThroughput,
  measureTimeTravel,
  measureWindows,
} from "./bench/engine.mjs";
import { loadBenchModule } from "./bench/module.mjs";
import { ensureNodeEngine, loadNodeEngine } from "./node-engine.mjs";
import { command } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";
import { ensureSite } from "./site.mjs";
import { measureSizes } from "./sizes.mjs";

/** @param {Readonly<Record<string, unknown>>} line */
function report(line) {
  console.log(JSON.stringify(line));
}

await command(async () => {
  requireNode();
  await ensurePackages();
  const module = await loadBenchModule();
  await ensureNodeEngine();
  measureThroughput(module, await loadNodeEngine(), report);
  measureWindows(module, report);
  measureClusters(module, report);
  measureCheckpoints(module, report);
  measureTimeTravel(module, report);
  measureFrames(module, report);
  await measureDrawing(report);
  await ensureSite();
  // Its packages are there from here on.
  const { measurePageLoad } = await import("./bench/page.mjs");
  await measurePageLoad(report);
  for (const { name, raw, gzip, brotli } of Object.values(measureSizes())) {
    report({ name, raw_bytes: raw, gzip_bytes: gzip, brotli_bytes: brotli });
  }
  return 0;
});
