/**
 * The engine for Node, from the same sources as the page's: `web/src/engine/node.ts` bundled into one module,
 * where it is out of date, and the bytes of the wasm.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { filesUnder, inputsHash, isFresh, markFresh } from "./fresh.mjs";
import { ROOT } from "./process.mjs";
import { WASM_STAMP, ensureWasm } from "./wasm.mjs";

const ENTRY = "web/src/engine/node.ts";
const BUNDLE = "node_modules/.cache/weir/node-engine.mjs";
const STAMP = "node_modules/.cache/weir/node-engine.stamp";
const WASM = "web/src/engine/generated/weir_wasm_bg.wasm";

/** @typedef {typeof import("../src/engine/node.ts")} NodeEngine */

/** Builds the wasm and the bundle where they are out of date. */
export async function ensureNodeEngine() {
  await ensureWasm();
  const sources = ["web/src/api", "web/src/engine"]
    .flatMap((folder) => filesUnder(folder, ["web/src/engine/generated"]))
    .filter((file) => !file.endsWith(".test.ts"));
  const hash = inputsHash([WASM_STAMP, "package-lock.json", "web/tsconfig.json", ...sources]);
  if (isFresh(STAMP, hash) && existsSync(join(ROOT, BUNDLE))) {
    return;
  }
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: ROOT,
    entryPoints: [ENTRY],
    outfile: BUNDLE,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    tsconfig: join(ROOT, "web/tsconfig.json"),
    logLevel: "warning",
  });
  markFresh(STAMP, hash);
}

/**
 * Loads the engine into this thread. A panic spends it; a worker can be replaced then.
 * @returns {Promise<NodeEngine>}
 */
export async function loadNodeEngine() {
  /** @type {NodeEngine} */
  const engine = await import(pathToFileURL(join(ROOT, BUNDLE)).href);
  await engine.loadEngine(readFileSync(join(ROOT, WASM)));
  return engine;
}
