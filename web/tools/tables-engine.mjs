/** The single parts of the engine that the tables ask, compiled as fast as can be: wasm that no page loads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inputsHash, isFresh, markFresh } from "./fresh.mjs";
import { Obstacle, ROOT, run } from "./process.mjs";
import { ensureCrates, ensureRust } from "./setup.mjs";

const FOLDER = "node_modules/.cache/weir/tables";
const STAMP = `${FOLDER}/stamp`;

/**
 * What `crate/wasm` exports with its feature `tables`.
 * @typedef {object} Tables
 * @property {(script: unknown) => unknown} barrierHandler
 * @property {(key: unknown) => number} hashCode
 * @property {(key: unknown, maxParallelism: number, parallelism: number) => unknown} keyGroup
 * @property {(parallelism: unknown, subtask: number) => unknown} keyGroupRange
 * @property {(parallelism: number) => number} defaultMaxParallelism
 * @property {(producers: number, consumers: number) => unknown} pointwise
 * @property {(script: unknown) => unknown} localBufferPool
 * @property {(segments: number, steps: unknown) => unknown} networkPools
 * @property {(mapper: string, subtask: number, before: number, after: number) => Uint32Array | undefined} oldSubtasks
 * @property {(mode: number, entries: Uint32Array, parallelism: number) => Uint32Array} operatorStateRepartition
 * @property {(options: string[], at: Float64Array) => Float64Array} restartBackoff
 * @property {(script: unknown) => unknown} resultPartition
 * @property {(channels: number, steps: unknown) => unknown} watermarkValve
 * @property {(timestamp: number, offset: number, size: number) => number} windowStart
 */

/** @returns {Promise<Tables>} */
export async function loadTables() {
  await build();
  /** @type {Tables & { initSync: (wasm: { module: Uint8Array }) => void }} */
  const module = await import(pathToFileURL(join(ROOT, FOLDER, "weir_wasm.js")).href);
  module.initSync({ module: readFileSync(join(ROOT, FOLDER, "weir_wasm_bg.wasm")) });
  return module;
}

async function build() {
  const inputs = [
    "Cargo.toml",
    "Cargo.lock",
    "crate/engine/Cargo.toml",
    "crate/engine/src",
    "crate/wasm",
    "crate/xtask",
  ];
  const hash = inputsHash(inputs, { also: [(await run("rustc", ["--version"])).output] });
  if (isFresh(STAMP, hash)) {
    return;
  }
  await ensureRust();
  await ensureCrates();
  console.error("Building what the tables ask ...");
  const { status } = await run("cargo", ["xtask", "tables", FOLDER], { show: true });
  if (status !== 0) {
    throw new Obstacle("What the tables ask does not compile; the reason stands above.");
  }
  markFresh(STAMP, hash);
}
