/** How much script a drawn frame takes: reading it and making its display list, for 61 subtasks and 930 channels. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../process.mjs";
import { median, quantile, rounded, timed } from "./statistics.mjs";

const CASE = "tests/conformance/cases/wordcount_p4.json";
const PARALLELISM = 30;
const SLOTS = 4;
const SIZE = { width: 1280, height: 800 };
const SEGMENT_BYTES = 32_768;
const FRAMES = 120;
const GLIDE_MS = 100;

/** What is measured, and what makes its job and its frames. */
const ENTRY = `
  export { createScene } from "./web/src/draw";
  export { busyFrame } from "./web/src/model/fixtures/frame-writer";
  export { deployedTopology, graphsOfCase } from "./web/src/model/fixtures/case-graphs";
  export { plainMeasure } from "./web/src/model/fixtures/recorded";
  export { widened } from "./web/src/model/fixtures/widen";
  export { readJob } from "./web/src/model/job-model";
`;

/** @typedef {import("./engine.mjs").Report} Report */
/** @typedef {import("../../src/model/fixtures/case-graphs.ts").RecordedCase} RecordedCase */
/**
 * @typedef {typeof import("../../src/draw/index.ts") & typeof import("../../src/model/fixtures/frame-writer.ts")
 *   & typeof import("../../src/model/fixtures/case-graphs.ts") & typeof import("../../src/model/fixtures/recorded.ts")
 *   & typeof import("../../src/model/fixtures/widen.ts") & typeof import("../../src/model/job-model.ts")} Parts
 */

/** @param {Report} report */
export async function measureDrawing(report) {
  const parts = await bundle();
  /** @type {RecordedCase} */
  const recorded = JSON.parse(readFileSync(join(ROOT, CASE), "utf8"));
  const graphs = parts.graphsOfCase("bench", parts.widened(recorded, PARALLELISM));
  const topology = parts.deployedTopology(graphs, parts.readJob(graphs), SLOTS);
  const frames = Array.from({ length: FRAMES }, (_, tick) => parts.busyFrame(topology, tick + 1));
  for (const [name, zoom] of /** @type {const} */ ([
    ["all of it", 0],
    ["near", 0.8],
    ["nearest", 2],
  ])) {
    const scene = parts.createScene({ measure: parts.plainMeasure, motion: "full" });
    scene.resize(SIZE.width, SIZE.height);
    scene.setGraphs(graphs);
    scene.setTopology(topology);
    scene.setSegmentBytes(SEGMENT_BYTES);
    scene.setFrame(frames[0] ?? null, 0, 0);
    scene.draw(0);
    if (zoom > 0) scene.camera.zoomBy(zoom / scene.camera.scale, SIZE.width / 2, SIZE.height / 2);
    const times = frames.map((frame, number) =>
      timed(() => {
        scene.setFrame(frame, number * GLIDE_MS, GLIDE_MS);
        scene.draw(number * GLIDE_MS + GLIDE_MS / 2);
      }),
    );
    // The first frames warm the compiler of the machine's code up.
    const warm = times.slice(FRAMES / 4);
    report({
      name: `a frame of ${topology.tasks.length} subtasks, ${topology.channels.length} channels: ${name}`,
      milliseconds: rounded(median(warm)),
      milliseconds_p95: rounded(quantile(warm, 0.95)),
    });
  }
}

/** @returns {Promise<Parts>} the sources' modules as one */
async function bundle() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  const text = outputFiles[0]?.text ?? "";
  /** @type {Parts} */
  const parts = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
  return parts;
}
