/**
 * `npm run -s conformance:tables -- DIR [--only REGEX]`: compares Weir's single parts with the tables of a folder,
 * by file name, a line a table. A table that Weir does not answer yet counts neither as passed nor as failed,
 * unless `--only` asks for it.
 */
import { parseArgs } from "node:util";
import { differences, summary } from "./conformance/compare.mjs";
import { pattern, readFolder } from "./conformance/folder.mjs";
import { TABLES } from "./conformance/tables.mjs";
import { Obstacle, command } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";
import { loadTables } from "./tables-engine.mjs";

const USAGE = "Usage: npm run -s conformance:tables -- DIR [--only REGEX]";

await command(async () => {
  const { values, positionals } = parse();
  const only = pattern(values.only);
  const files = readFolder(positionals[0], "tables", USAGE).filter(({ name }) => only.test(name));
  requireNode();
  await ensurePackages();
  const tables = await loadTables();
  const count = { passed: 0, failed: 0 };
  for (const { name, content } of files) {
    const answer = TABLES[name];
    if (answer === undefined) {
      count.failed += values.only === undefined ? 0 : 1;
      console.log(`not yet ${name}`);
      continue;
    }
    const found = differencesOf(() => answer(tables, content), content);
    count[found.length === 0 ? "passed" : "failed"] += 1;
    console.log(found.length === 0 ? `ok ${name}` : `DIFF ${name} ${summary(found)}`);
  }
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed > 0 || files.length === 0 ? 1 : 0;
});

/**
 * @param {() => unknown} answer
 * @param {unknown} content
 */
function differencesOf(answer, content) {
  try {
    return differences(content, answer());
  } catch (error) {
    return [`no answer: ${error instanceof Error ? error.message : JSON.stringify(error)}`];
  }
}

function parse() {
  try {
    return parseArgs({ allowPositionals: true, options: { only: { type: "string" } } });
  } catch (error) {
    throw new Obstacle(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
