/** One case with checkpoints and crashes: what was committed in the end is what Flink printed without any. */
import { lineDifferences, withoutSubtask } from "./compare.mjs";
import { conditionsOf, crashesOf, scenarioOf, settingsOf } from "./crash-plan.mjs";

/** @typedef {import("./case.mjs").Case} Case */
/** @typedef {import("../node-engine.mjs").NodeEngine} NodeEngine */
/** @typedef {import("../../src/engine/crash-run.ts").CrashRun} CrashRun */

/**
 * What came of a seed.
 * @typedef {object} CrashOutcome
 * @property {string[]} differences none where it agrees
 * @property {number} failures
 * @property {number} checkpoints
 * @property {number} restored
 * @property {keyof typeof HOW} [how]
 */

/** How a case is crashed, and why not as the others. */
export const HOW = /** @type {const} */ ({
  all: "crashed at any moment",
  time:
    "crashed where what is restored asks no more how far event time is: a watermark is no state, so a record that was " +
    "late before is not late any more",
  tasks:
    "in batch, where tasks fail, and no TaskManager is lost: who reads what was lost with it runs again, also what " +
    "has committed and finished, in Flink too",
  calm:
    "not crashed: a streaming job with blocking results has no checkpoints, in Flink too, and writes again after a " +
    "restart what its sinks committed",
});

/** Partitioners that begin anew with the task that sends: which subtask gets a record follows from when it restarted. */
const BEGINS_ANEW = new Set(["REBALANCE", "RESCALE", "SHUFFLE"]);

/** Runs without crashes, by case and conditions: how long they take. */
const calm = new Map();

/**
 * @param {NodeEngine} engine
 * @param {Case} recorded
 * @param {number} seed
 * @returns {CrashOutcome}
 */
export function runCase(engine, recorded, seed) {
  const conditions = conditionsOf(seed);
  const settings = settingsOf(conditions);
  const run = (
    /** @type {number} */ seedOfRun,
    /** @type {ReturnType<typeof crashesOf>} */ crashes,
    /** @type {number} */ timeUses,
  ) => {
    const scenario = scenarioOf(seedOfRun, conditions);
    return engine.runWithCrashes(recorded.program, scenario, { settings, crashes, timeUses });
  };
  const key = `${recorded.name} ${JSON.stringify(conditions)}`;
  /** @type {CrashRun} */
  const before = calm.get(key) ?? run(0, [], 0);
  calm.set(key, before);
  const found = differencesOf(recorded, before);
  if (found.length > 0) {
    return outcome(before, [`already without crashes, ${describe(conditions)}: ${found.join("; ")}`]);
  }
  const isInBatch = isBatch(recorded);
  // Where there are checkpoints, tasks that have ended wait for a last one.
  if (before.checkpoints === 0 && !isInBatch) return { ...outcome(before, []), how: "calm" };
  const kinds = isInBatch ? { kind: /** @type {const} */ ("failTask") } : {};
  const crashes = crashesOf(seed, before.ticks).map((crash) => ({ ...crash, ...kinds }));
  const crashed = run(seed, crashes, before.timeUses);
  const how = isInBatch ? "tasks" : before.timeUses > 0 ? "time" : "all";
  return { ...outcome(crashed, differencesOf(recorded, crashed)), how };
}

/**
 * @param {CrashRun} run
 * @param {string[]} differences
 * @returns {CrashOutcome}
 */
function outcome({ failures, checkpoints, restored }, differences) {
  return { differences, failures, checkpoints, restored };
}

/**
 * A batch job is restarted from its blocking results, with no need of checkpoints.
 * @param {Case} recorded
 */
function isBatch({ program }) {
  return /setRuntimeMode\(["']?(BATCH|AUTOMATIC|RuntimeExecutionMode\.(BATCH|AUTOMATIC))/.test(program);
}

/** @param {import("./crash-plan.mjs").Conditions} conditions */
function describe({ barriers, backend, speed }) {
  return `${barriers}, ${backend}, ${speed} records a tick`;
}

/**
 * @param {Case} recorded
 * @param {CrashRun} run
 * @returns {string[]}
 */
function differencesOf(recorded, { error, lines }) {
  if (error !== null) return [`${error.kind} error: ${error.message}`];
  const expected = recorded.stdout ?? { subtask_prefix_exact: true, sorted_lines: [] };
  const isExact = expected.subtask_prefix_exact && !beginsAnew(recorded);
  const form = isExact ? (/** @type {string} */ line) => line : withoutSubtask;
  return lineDifferences(expected.sorted_lines.map(form), lines.map(form));
}

/** @param {Case} recorded */
function beginsAnew(recorded) {
  return [...JSON.stringify(recorded.stream_graph ?? "").matchAll(/"partitioner":"(\w+)"/g)].some(
    ([, name]) => BEGINS_ANEW.has(name ?? ""),
  );
}
