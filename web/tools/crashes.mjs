/**
 * `npm run -s crashes -- DIR... [--seeds N] [--from SEED] [--only REGEX]`: runs each case that prints with a checkpoint
 * every 20 ms and three crashes, its printed lines committed by two phases, and compares what was committed with what
 * Flink printed. How barriers go, where state is kept, how fast tasks are and what is lost when follows from the seed.
 */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { AnsweringWorker } from "./conformance/answering-worker.mjs";
import { HOW } from "./conformance/crash-case.mjs";
import { summary } from "./conformance/compare.mjs";
import { pattern, readFolder } from "./conformance/folder.mjs";
import { ensureNodeEngine } from "./node-engine.mjs";
import { Obstacle, command } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";

/** @typedef {import("./conformance/case.mjs").Case} Case */
/** @typedef {import("./conformance/crash-case.mjs").CrashOutcome} CrashOutcome */

const USAGE = "Usage: npm run -s crashes -- DIR... [--seeds N] [--from SEED] [--only REGEX]";
const RUN_SECONDS_MAX = 60;

// Over many runs V8 11 dies ("unreachable code", in its Deoptimizer) of calls into wasm that it has inlined.
setFlagsFromString("--no-turbo-inline-js-wasm-calls");

await command(async () => {
  const { folders, only, from, seeds } = readOptions();
  const cases = folders.flatMap((folder) =>
    readFolder(folder, "cases", USAGE)
      .map(({ name, content }) => ({ folder, name, recorded: /** @type {Case} */ (content) }))
      .filter(({ name, recorded }) => recorded.stdout !== undefined && only.test(name)),
  );
  requireNode();
  await ensurePackages();
  await ensureNodeEngine();
  /** @type {AnsweringWorker<{ recorded: Case, seed: number }, CrashOutcome>} */
  const worker = new AnsweringWorker(
    new URL("conformance/crash-worker.mjs", import.meta.url),
    RUN_SECONDS_MAX,
  );
  const count = { cases: 0, runs: 0, failures: 0, checkpoints: 0, restored: 0 };
  let differing = 0;
  /** @type {Record<keyof typeof HOW, Set<string>>} */
  const ways = { all: new Set(), time: new Set(), tasks: new Set(), calm: new Set() };
  for (const { folder, name, recorded } of cases) {
    count.cases += 1;
    for (let seed = from; seed < from + seeds; seed++) {
      const outcome = await ask(worker, recorded, seed);
      if (outcome.how !== undefined) ways[outcome.how].add(name);
      count.runs += 1;
      count.failures += outcome.failures;
      count.checkpoints += outcome.checkpoints;
      count.restored += outcome.restored;
      if (outcome.differences.length > 0) {
        differing += 1;
        const replay = `npm run -s crashes -- ${folder} --only '^${name}$' --from ${seed} --seeds 1`;
        console.log(`DIFF ${name} ${summary(outcome.differences)}\n  replay it: ${replay}`);
      }
    }
  }
  await worker.close();
  for (const [how, names] of Object.entries(ways)) {
    const reason = HOW[/** @type {keyof typeof HOW} */ (how)];
    const list = how === "all" ? "" : `: ${[...names].join(", ")}`;
    if (names.size > 0) console.log(`${names.size} cases ${reason}${list}`);
  }
  console.log(
    `${count.runs} runs of ${count.cases} cases: ${count.failures} failures, ${count.checkpoints} checkpoints, ` +
      `${count.restored} restored from; ${differing} runs differ`,
  );
  return differing > 0 || count.runs === 0 ? 1 : 0;
});

/**
 * @param {AnsweringWorker<{ recorded: Case, seed: number }, CrashOutcome>} worker
 * @param {Case} recorded
 * @param {number} seed
 * @returns {Promise<CrashOutcome>}
 */
async function ask(worker, recorded, seed) {
  try {
    const outcome = await worker.ask({ recorded, seed });
    if (outcome.differences.some((text) => text.includes("panic error"))) await worker.close();
    return outcome;
  } catch (error) {
    await worker.close();
    const message = error instanceof Error ? error.message : String(error);
    return { differences: [message], failures: 0, checkpoints: 0, restored: 0 };
  }
}

function readOptions() {
  const { values, positionals } = parse();
  if (positionals.length === 0) throw new Obstacle(USAGE);
  return {
    folders: positionals,
    only: pattern(values.only),
    from: whole("--from", values.from ?? "0"),
    seeds: whole("--seeds", values.seeds ?? "100"),
  };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { seeds: { type: "string" }, from: { type: "string" }, only: { type: "string" } },
    });
  } catch (error) {
    throw new Obstacle(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/**
 * @param {string} option
 * @param {string} text
 */
function whole(option, text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new Obstacle(`${option} takes a whole number, not \`${text}\`.\n${USAGE}`);
  }
  return number;
}
