/** The wasm module of `crate/bench`, built where it is out of date, without bindings: functions of numbers. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inputsHash, isFresh, markFresh } from "../fresh.mjs";
import { Obstacle, ROOT, run } from "../process.mjs";
import { ensureCrates, ensureRust } from "../setup.mjs";

const MODULE = "node_modules/.cache/weir/bench.wasm";
const STAMP = "node_modules/.cache/weir/bench.stamp";

/**
 * What `crate/bench/src/lib.rs` exports.
 * @typedef {object} BenchModule
 * @property {(records: bigint, keys: bigint, parallelism: number) => bigint} run_by_hand
 * @property {(records: bigint, keys: bigint, parallelism: number) => bigint} run_windows_by_hand
 * @property {(records: bigint, keys: bigint, parallelism: number, recordsPerTick: number) => void} open_windows
 * @property {(records: bigint, keys: bigint, parallelism: number, taskManagers: number, recordsPerTick: number) => void} open
 * @property {(records: bigint, keys: bigint, parallelism: number, recordsPerTick: number, intervalMs: bigint) => void} open_checkpointed
 * @property {() => number} checkpoints_completed
 * @property {(keys: bigint) => void} open_state
 * @property {(keys: bigint) => void} change_state
 * @property {() => bigint} full_snapshot
 * @property {() => bigint} incremental_snapshot
 * @property {() => bigint} finish
 * @property {(ticks: number) => void} advance
 * @property {() => number} write_frame
 * @property {() => void} snapshot
 * @property {() => void} step_back
 * @property {(tick: number) => void} seek
 */

/** @returns {Promise<BenchModule>} */
export async function loadBenchModule() {
  await build();
  const { instance } = await WebAssembly.instantiate(readFileSync(join(ROOT, MODULE)), {});
  return /** @type {BenchModule} */ (/** @type {unknown} */ (instance.exports));
}

async function build() {
  const inputs = [
    ".cargo/config.toml",
    "Cargo.toml",
    "Cargo.lock",
    "crate/engine/src",
    "crate/engine/Cargo.toml",
    "crate/bench",
  ];
  const hash = inputsHash(inputs, { also: [(await run("rustc", ["--version"])).output] });
  if (isFresh(STAMP, hash)) {
    return;
  }
  await ensureRust();
  await ensureCrates();
  console.error("Building the benchmark's wasm ...");
  const target = "wasm32-unknown-unknown";
  const build = ["build", "--locked", "--release", "--package", "weir-bench", "--lib", "--target", target];
  const { status } = await run("cargo", build, { show: true });
  if (status !== 0) {
    throw new Obstacle("The benchmark does not compile; the reason stands above.");
  }
  mkdirSync(dirname(join(ROOT, MODULE)), { recursive: true });
  const folder = process.env["CARGO_TARGET_DIR"] ?? "target";
  copyFileSync(join(folder, target, "release/weir_bench.wasm"), join(ROOT, MODULE));
  markFresh(STAMP, hash);
}
