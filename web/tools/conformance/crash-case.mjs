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
 * @property {string} [withoutCrashes] why nothing crashed
 */

/** Cases that are left out, each with the reason. */
const LEFT_OUT = /** @type {Readonly<Record<string, string>>} */ ({
  uid_hash_only: "Flink refuses setUidHash on a sink of several operators, as one by two phases is",
});

/** Why a case is run with checkpoints alone, and nothing crashes; `undefined`: it is run with crashes. */
const WITHOUT_CRASHES = /** @type {const} */ ({
  late: "a watermark is no state: after a restart it begins anew, and what was late is not late any more",
  watermark: "it tells the watermark, which is no state: after a restart it begins anew",
  batch: "a batch job makes no checkpoints, and its sinks commit when their input ends",
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
  const leftOut = LEFT_OUT[recorded.name];
  if (leftOut !== undefined) {
    return { differences: [], failures: 0, checkpoints: 0, restored: 0, withoutCrashes: leftOut };
  }
  const conditions = conditionsOf(seed);
  const settings = settingsOf(conditions);
  const run = (/** @type {number} */ seedOfRun, /** @type {ReturnType<typeof crashesOf>} */ crashes) => {
    const scenario = scenarioOf(seedOfRun, conditions);
    return engine.runWithCrashes(recorded.program, scenario, { settings, crashes });
  };
  const key = `${recorded.name} ${JSON.stringify(conditions)}`;
  /** @type {CrashRun} */
  const before = calm.get(key) ?? run(0, []);
  calm.set(key, before);
  const found = differencesOf(recorded, before);
  if (found.length > 0) {
    return outcome(before, [`already without crashes, ${describe(conditions)}: ${found.join("; ")}`]);
  }
  const withoutCrashes = whyWithoutCrashes(recorded, before);
  if (withoutCrashes !== undefined) return { ...outcome(before, []), withoutCrashes };
  const crashed = run(seed, crashesOf(seed, before.ticks));
  return outcome(crashed, differencesOf(recorded, crashed));
}

/**
 * @param {Case} recorded
 * @param {CrashRun} calmRun
 * @returns {string | undefined}
 */
function whyWithoutCrashes({ program }, { hasLate }) {
  if (/setRuntimeMode\(["']?(BATCH|AUTOMATIC|RuntimeExecutionMode\.(BATCH|AUTOMATIC))/.test(program)) {
    return WITHOUT_CRASHES.batch;
  }
  if (program.includes("currentWatermark()")) return WITHOUT_CRASHES.watermark;
  return hasLate ? WITHOUT_CRASHES.late : undefined;
}

/**
 * @param {CrashRun} run
 * @param {string[]} differences
 * @returns {CrashOutcome}
 */
function outcome({ failures, checkpoints, restored }, differences) {
  return { differences, failures, checkpoints, restored };
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
