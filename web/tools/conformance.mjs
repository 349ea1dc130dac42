/**
 * `npm run -s conformance -- DIR [--parts a,b] [--only REGEX]`: runs the cases of a folder on the wasm build and
 * compares them with what Flink did, a line a case.
 *
 * A job with an operator that does not run yet has no stdout to compare. Where `stdout` is named in `--parts`, that
 * is a failure; else the case counts neither as passed nor as failed, and its graphs are compared all the same.
 * `--not-yet FILE` names the cases for which that is known: any other is a failure, and so is one of them that runs.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CaseRunner } from "./conformance/case-runner.mjs";
import { PARTS } from "./conformance/case.mjs";
import { summary } from "./conformance/compare.mjs";
import { pattern, readFolder } from "./conformance/folder.mjs";
import { ensureNodeEngine } from "./node-engine.mjs";
import { Obstacle, command } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";

/** @typedef {import("./conformance/case.mjs").Case} Case */
/** @typedef {import("./conformance/case.mjs").Part} Part */
/** @typedef {import("./conformance/case.mjs").PartResult} PartResult */
/** @typedef {"passed" | "failed" | "notYet"} Verdict */

const USAGE = `Usage: npm run -s conformance -- DIR [--parts ${PARTS.join(",")}] [--only REGEX] [--not-yet FILE]`;

await command(async () => {
  const options = readOptions();
  const cases = readFolder(options.folder, "cases", USAGE).filter(({ name }) => options.only.test(name));
  requireNode();
  await ensurePackages();
  await ensureNodeEngine();
  const runner = new CaseRunner();
  const count = { passed: 0, failed: 0, notYet: 0 };
  for (const { name, content } of cases) {
    const recorded = /** @type {Case} */ (content);
    const results = await runner.run(recorded, options.parts ?? PARTS);
    const { verdict, line } = judge(name, results, options);
    count[verdict] += 1;
    console.log(line);
  }
  await runner.close();
  if (count.notYet > 0) {
    console.log(`${count.notYet} not yet: their graphs agree, and they do not run yet`);
  }
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed > 0 || cases.length === 0 ? 1 : 0;
});

/**
 * @param {string} name
 * @param {readonly PartResult[]} results
 * @param {{ parts: readonly Part[] | undefined, known: ReadonlySet<string> | undefined }} options
 * @returns {{ verdict: Verdict, line: string }}
 */
function judge(name, results, { parts, known }) {
  const postponed = results.find((result) => result.notYet !== undefined);
  const isFailure = parts?.includes("stdout") === true || known?.has(name) === false;
  const differing = results.filter(
    (result) => result.differences.length > 0 && (result !== postponed || isFailure),
  );
  if (differing.length > 0) {
    const texts = differing.map((result) => `${result.part}: ${summary(result.differences)}`);
    return { verdict: "failed", line: `DIFF ${name} ${texts.join(" | ")}` };
  }
  if (postponed !== undefined) {
    return { verdict: "notYet", line: `not yet ${name} stdout: ${postponed.notYet ?? ""}` };
  }
  if (known?.has(name) === true && results.some((result) => result.part === "stdout")) {
    return {
      verdict: "failed",
      line: `DIFF ${name} stdout: agrees now; take it off the list of those not yet`,
    };
  }
  const notes = results.flatMap(({ part, note }) => (note === undefined ? [] : [` (${part}: ${note})`]));
  return { verdict: "passed", line: `ok ${name}${notes.join("")}` };
}

function readOptions() {
  const { values, positionals } = parse();
  const named = values.parts?.split(",");
  const unknown = named?.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) {
    throw new Obstacle(`\`${unknown}\` is no part of a case; there are ${PARTS.join(", ")}.`);
  }
  const list = values["not-yet"];
  const known = list === undefined ? undefined : readNames(list);
  return {
    folder: positionals[0],
    parts: named === undefined ? undefined : PARTS.filter((part) => named.includes(part)),
    only: pattern(values.only),
    known,
  };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { parts: { type: "string" }, only: { type: "string" }, "not-yet": { type: "string" } },
    });
  } catch (error) {
    throw new Obstacle(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/**
 * @param {string} file with an object whose keys are names of cases
 * @returns {ReadonlySet<string>}
 */
function readNames(file) {
  /** @type {Record<string, string>} */
  const reasons = JSON.parse(readFileSync(file, "utf8"));
  return new Set(Object.keys(reasons));
}
