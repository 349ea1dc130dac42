/** The wasm module of `crate/bench`, built where it is out of date, without bindings: functions of numbers. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inputsHash, isFresh, markFresh } from "../fresh.mjs";
import { Obstacle, ROOT, run } from "../process.mjs";
import { ensureCrates, ensureRust } from "../setup.mjs";

const CACHE = "node_modules/.cache/weir";

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
  const hash = inputsHash(INPUTS, { also: [(await run("rustc", ["--version"])).output] });
  const engine = await load("bench", hash, {});
  // What the engine is measured against is copied into its callers as LLVM sees fit: that the engine is not, so that it
  // is small, must not make its peer slower too.
  const peer = await load("peer", hash, { RUSTFLAGS: "-Cpanic=abort" });
  const { run_by_hand, run_windows_by_hand } = peer;
  return { ...engine, run_by_hand, run_windows_by_hand };
}

const INPUTS = [
  ".cargo/config.toml",
  "Cargo.toml",
  "Cargo.lock",
  "crate/engine/src",
  "crate/engine/Cargo.toml",
  "crate/bench",
];

/**
 * @param {string} name of the build
 * @param {string} hash of what it is made from
 * @param {Record<string, string>} env
 * @returns {Promise<BenchModule>}
 */
async function load(name, hash, env) {
  const module = join(ROOT, CACHE, `${name}.wasm`);
  const stamp = `${CACHE}/${name}.stamp`;
  if (!isFresh(stamp, hash)) {
    await build(module, name, env);
    markFresh(stamp, hash);
  }
  const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
  return /** @type {BenchModule} */ (/** @type {unknown} */ (instance.exports));
}

/**
 * @param {string} module where it is put
 * @param {string} name of the build
 * @param {Record<string, string>} env
 */
async function build(module, name, env) {
  await ensureRust();
  await ensureCrates();
  console.error(`Building the benchmark's wasm (${name}) ...`);
  const target = "wasm32-unknown-unknown";
  // A folder for each, or they would build all of it again in turn.
  const folder = join(process.env["CARGO_TARGET_DIR"] ?? "target", name);
  const build = ["build", "--locked", "--release", "--package", "weir-bench", "--lib", "--target", target];
  const { status } = await run("cargo", [...build, "--target-dir", folder], { show: true, env });
  if (status !== 0) {
    throw new Obstacle("The benchmark does not compile; the reason stands above.");
  }
  mkdirSync(dirname(module), { recursive: true });
  copyFileSync(join(folder, target, "release/weir_bench.wasm"), module);
}
