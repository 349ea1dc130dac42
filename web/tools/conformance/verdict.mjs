/** From what was found in a case to its verdict and its line. */
import { summary } from "./compare.mjs";

/** @typedef {import("./case.mjs").Part} Part */
/** @typedef {import("./case.mjs").PartResult} PartResult */

/**
 * What is known beforehand of the cases of a folder, by name, each with the reason.
 * @typedef {object} Known
 * @property {Readonly<Record<string, string>>} node_id_gaps cases whose recording numbers its nodes with other gaps
 */

/** @typedef {{ verdict: "passed" | "failed" | "nothing", line: string }} Judged */

/**
 * @param {string} name
 * @param {readonly PartResult[]} results
 * @param {{ known: Known | undefined }} options where it is given, what it does not name is a failure, and so is what
 *   it names and is not so
 * @returns {Judged}
 */
export function judge(name, results, { known }) {
  if (results.length === 0) {
    return { verdict: "nothing", line: `nothing ${name} has none of these parts` };
  }
  const found = results
    .filter((result) => result.differences.length > 0)
    .map((result) => `${result.part}: ${summary(result.differences)}`);
  found.push(...(known === undefined ? [] : surprises(name, results, known)));
  if (found.length > 0) {
    return { verdict: "failed", line: `DIFF ${name} ${found.join(" | ")}` };
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
  const graph = results.find((result) => result.part === "stream_graph");
  const found = [];
  if (graph?.note !== undefined && !(name in known.node_id_gaps)) {
    found.push(`stream_graph: ${graph.note}, which was not so before`);
  }
  if (graph !== undefined && graph.note === undefined && name in known.node_id_gaps) {
    found.push("stream_graph: the node ids agree now; take it off the list of those with other gaps");
  }
  return found;
}
