/** One case: a program, what Flink made of it, and how what Weir makes of it differs. */
import { differences, lineDifferences, withoutSubtask } from "./compare.mjs";
import { withRankedNodeIds } from "./node-ids.mjs";

/** What of a case can be compared, in the order in which it is. */
export const PARTS = /** @type {const} */ (["stream_graph", "job_graph", "execution_graph", "stdout"]);

/** @typedef {(typeof PARTS)[number]} Part */

/**
 * A case as `tests/conformance/README.md` describes it.
 * @typedef {object} Case
 * @property {string} name
 * @property {string} program
 * @property {{ plan: unknown, nodes: unknown[] }} [stream_graph]
 * @property {{ vertices: unknown[] }} [job_graph]
 * @property {{ edges: unknown[], pipelined_regions: unknown[] }} [execution_graph]
 * @property {{ subtask_prefix_exact: boolean, sorted_lines: string[] }} [stdout]
 */

/**
 * @typedef {object} PartResult
 * @property {Part} part
 * @property {string[]} differences none where it agrees
 * @property {string} [note] what is to be said although it agrees
 */

/**
 * Slots for any parallelism and slot sharing group of a case, two to a TaskManager, so that records cross links.
 * @type {import("../../src/engine/protocol.ts").ScenarioOptions}
 */
const SCENARIO = { seed: 1, taskManagers: 32, slotsPerTaskManager: 2, files: {} };

/**
 * Builds, runs and compares a case.
 * @param {import("../node-engine.mjs").NodeEngine} engine
 * @param {Case} recorded
 * @param {readonly Part[]} parts
 * @returns {PartResult[]} of the parts asked for that the case has
 */
export function compareCase(engine, recorded, parts) {
  const present = parts.filter((part) => recorded[part] !== undefined);
  const graphs = engine.graphsOf(recorded.program);
  if ("kind" in graphs) {
    return present.map((part) => ({ part, differences: [describe(graphs)] }));
  }
  return present.map((part) => {
    if (part === "stdout") return compareStdout(engine, recorded);
    if (part === "stream_graph") return compareStreamGraph(recorded.stream_graph, graphs.stream_graph);
    return { part, differences: differences(recorded[part], graphs[part]) };
  });
}

/**
 * Node ids count the transformations in the order in which they are made. A recording comes from a twin of the
 * program, which may make one of them (a `keyBy`, say) earlier or later: then the same nodes, in the same order,
 * have numbers with other gaps. That is no difference between the graphs, but it is said.
 * @param {unknown} recorded
 * @param {unknown} actual
 * @returns {PartResult}
 */
function compareStreamGraph(recorded, actual) {
  const part = "stream_graph";
  const found = differences(recorded, actual);
  if (found.length > 0 && differences(withRankedNodeIds(recorded), withRankedNodeIds(actual)).length === 0) {
    return { part, differences: [], note: "node ids differ by gaps only" };
  }
  return { part, differences: found };
}

/**
 * @param {import("../node-engine.mjs").NodeEngine} engine
 * @param {Case} recorded
 * @returns {PartResult}
 */
function compareStdout(engine, recorded) {
  const part = "stdout";
  const { error, stdout } = engine.runJob(recorded.program, SCENARIO);
  if (error !== null) return { part, differences: [describe(error)] };
  const printed = stdout.filter((line) => line.stream === "stdout").map((line) => line.text);
  const expected = recorded.stdout ?? { subtask_prefix_exact: true, sorted_lines: [] };
  const form = expected.subtask_prefix_exact ? (/** @type {string} */ line) => line : withoutSubtask;
  return { part, differences: lineDifferences(expected.sorted_lines.map(form), printed.map(form)) };
}

/** @param {import("../../src/engine/protocol.ts").JobError} error */
function describe(error) {
  const at = error.at === undefined ? "" : ` (line ${error.at.line}, column ${error.at.column})`;
  return `${error.kind} error: ${error.message}${at}`;
}
