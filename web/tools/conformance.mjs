/**
 * `npm run -s conformance -- DIR [--parts a,b] [--only REGEX]`: runs the cases of a folder on the wasm build and
 * compares them with what Flink did, a line a case.
 *
 * `--known FILE` names the cases in which something is known to differ: any other difference is a failure, and so is
 * one of them that differs no more.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CaseRunner } from "./conformance/case-runner.mjs";
import { PARTS } from "./conformance/case.mjs";
import { pattern, readFolder } from "./conformance/folder.mjs";
import { judge } from "./conformance/verdict.mjs";
import { ensureNodeEngine } from "./node-engine.mjs";
import { Obstacle, command } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";

/** @typedef {import("./conformance/case.mjs").Case} Case */

const USAGE = `Usage: npm run -s conformance -- DIR [--parts ${PARTS.join(",")}] [--only REGEX] [--known FILE]`;

await command(async () => {
  const options = readOptions();
  const cases = readFolder(options.folder, "cases", USAGE).filter(({ name }) => options.only.test(name));
  requireNode();
  await ensurePackages();
  await ensureNodeEngine();
  const runner = new CaseRunner();
  const count = { passed: 0, failed: 0, nothing: 0 };
  for (const { name, content } of cases) {
    const recorded = /** @type {Case} */ (content);
    const results = await runner.run(recorded, options.parts ?? PARTS);
    const { verdict, line } = judge(name, results, options);
    count[verdict] += 1;
    console.log(line);
  }
  await runner.close();
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed > 0 || cases.length === 0 ? 1 : 0;
});

function readOptions() {
  const { values, positionals } = parse();
  const named = values.parts?.split(",");
  const unknown = named?.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) {
    throw new Obstacle(`\`${unknown}\` is no part of a case; there are ${PARTS.join(", ")}.`);
  }
  return {
    folder: positionals[0],
    parts: named === undefined ? undefined : PARTS.filter((part) => named.includes(part)),
    only: pattern(values.only),
    known: values.known === undefined ? undefined : readKnown(values.known),
  };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { parts: { type: "string" }, only: { type: "string" }, known: { type: "string" } },
    });
  } catch (error) {
    throw new Obstacle(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/**
 * @param {string} file
 * @returns {import("./conformance/verdict.mjs").Known}
 */
function readKnown(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
