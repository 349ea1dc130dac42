/**
 * Native and wasm agree: the jobs that `crate/bench/src/trace_hashes.rs` runs natively are run here on the wasm
 * build, with JavaScript functions in place of Rust's, and must take as many ticks and leave the same trace hash.
 */
import { ensureNodeEngine, loadNodeEngine } from "./node-engine.mjs";
import { Obstacle, command, run } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";

await command(async () => {
  requireNode();
  await ensurePackages();
  await ensureNodeEngine();
  const { runJob } = await loadNodeEngine();
  const native = await run("cargo", ["run", "--quiet", "--package", "weir-bench", "--bin", "trace-hashes"]);
  if (native.status !== 0) {
    throw new Obstacle(native.output);
  }
  const lines = native.output.trim().split("\n");
  let differing = 0;
  for (const line of lines) {
    const [parallelism, taskManagers, slotsPerTaskManager, speed] = line.split(" ").map(Number);
    const { ticks, traceHash, error } = runJob(program(parallelism ?? 1), {
      seed: 1,
      taskManagers: taskManagers ?? 1,
      slotsPerTaskManager: slotsPerTaskManager ?? 1,
      files: {},
      speeds: { default: speed ?? 1 },
    });
    const wasm = [parallelism, taskManagers, slotsPerTaskManager, speed, ticks, traceHash].join(" ");
    differing += wasm === line ? 0 : 1;
    console.log(wasm === line ? `ok ${line}` : `DIFF native ${line}\n     wasm   ${wasm}`);
    if (error !== null) {
      console.log(`     ${error.message}`);
    }
  }
  return differing === 0 && lines.length > 1 ? 0 : 1;
});

/**
 * `SequenceSum` of `crate/bench/src/jobs.rs`, in JavaScript.
 * @param {number} parallelism
 */
function program(parallelism) {
  return `env.setParallelism(${parallelism});
env.fromSequence(1, 500).map((n) => [n % 7, n]).keyBy((pair) => pair[0]).sum(1).print();`;
}
