/** From what was found in a case to its verdict and its line. */
import { summary } from "./compare.mjs";

/** @typedef {import("./case.mjs").Part} Part */
/** @typedef {import("./case.mjs").PartResult} PartResult */

/**
 * What is known beforehand of the cases of a folder, by name, each with the reason.
 * @typedef {object} Known
 * @property {Readonly<Record<string, string>>} not_yet cases with an operator that does not run yet
 * @property {Readonly<Record<string, string>>} node_id_gaps cases whose recording numbers its nodes with other gaps
 */

/** @typedef {{ verdict: "passed" | "failed" | "notYet" | "nothing", line: string }} Judged */

/**
 * @param {string} name
 * @param {readonly PartResult[]} results
 * @param {{ parts: readonly Part[] | undefined, known: Known | undefined }} options `parts`: those that were named;
 *   `known`: where it is given, what it does not name is a failure, and so is what it names and is not so
 * @returns {Judged}
 */
export function judge(name, results, { parts, known }) {
  if (results.length === 0) {
    return { verdict: "nothing", line: `nothing ${name} has none of these parts` };
  }
  const postponed = results.find((result) => result.notYet !== undefined);
  const mustRun = parts?.includes("stdout") === true || (known !== undefined && !(name in known.not_yet));
  const found = results
    .filter((result) => result.differences.length > 0 && (mustRun || result !== postponed))
    .map((result) => `${result.part}: ${summary(result.differences)}`);
  found.push(...(known === undefined ? [] : surprises(name, results, known)));
  if (found.length > 0) {
    return { verdict: "failed", line: `DIFF ${name} ${found.join(" | ")}` };
  }
  if (postponed !== undefined) {
    return { verdict: "notYet", line: `not yet ${name} stdout: ${postponed.notYet ?? ""}` };
  }
  const notes = results.flatMap(({ part, note }) => (note === undefined ? [] : [` (${part}: ${note})`]));
  return { verdict: "passed", line: `ok ${name}${notes.join("")}` };
}

/**
 * Where a case is not as it is known to be.
 * @param {string} name
 * @param {readonly PartResult[]} results
 * @param {Known} known
 */
function surprises(name, results, known) {
  const stdout = results.find((result) => result.part === "stdout");
  const graph = results.find((result) => result.part === "stream_graph");
  const found = [];
  if (stdout !== undefined && stdout.notYet === undefined && name in known.not_yet) {
    found.push("stdout: it runs now; take it off the list of those not yet");
  }
  if (graph?.note !== undefined && !(name in known.node_id_gaps)) {
    found.push(`stream_graph: ${graph.note}, which was not so before`);
  }
  if (graph !== undefined && graph.note === undefined && name in known.node_id_gaps) {
    found.push("stream_graph: the node ids agree now; take it off the list of those with other gaps");
  }
  return found;
}
