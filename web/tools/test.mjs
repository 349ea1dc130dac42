/**
 * `npm test [-- --only REGEX]`: everything that must hold, from formatting to the page in a real Chromium.
 * A step that holds is a line, one that fails is shown whole. Ends with `N passed, N failed`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureChromium } from "./chromium.mjs";
import { freePortFrom } from "./ports.mjs";
import { Obstacle, ROOT, command, run } from "./process.mjs";
import { ensureCrates, ensurePackages, ensureRust, ensureRustTools, requireNode } from "./setup.mjs";
import { ensureSite } from "./site.mjs";
import { ensureWasm } from "./wasm.mjs";

/** @typedef {import("./process.mjs").Outcome} Outcome */

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<Outcome>} run
 */

const FIRST_BROWSER_PORT = 47_610;
const WARNINGS_ARE_ERRORS = ["--", "-D", "warnings"];

/** Steps that need nothing built come first. */
const FIRST = [
  cargo("cargo fmt", ["fmt", "--all", "--check"]),
  bin("prettier", "prettier/bin/prettier.cjs", ["--log-level", "warn", "--check", "."]),
  { name: "wasm build", run: () => attempt(ensureWasm) },
];

/** Then two lanes, a core each: Rust's compiler and tests, and what runs in Node and the browser. */
const RUST_LANE = [
  cargo("clippy", ["clippy", "--workspace", "--all-targets", ...WARNINGS_ARE_ERRORS]),
  cargo("clippy for wasm", [
    ...["clippy", "--package", "weir-wasm", "--all-features", "--target", "wasm32-unknown-unknown"],
    ...WARNINGS_ARE_ERRORS,
  ]),
  cargo("cargo test", ["test", "--workspace"]),
  tool("native and wasm agree", "trace-hashes.mjs", []),
];

const WEB_LANE = [
  bin("tsc", "typescript/bin/tsc", ["--project", "web/tsconfig.json"]),
  bin("tsc, a job against job.d.ts", "typescript/bin/tsc", ["--project", "web/tsconfig.types.json"]),
  bin("tsc, the model without DOM", "typescript/bin/tsc", ["--project", "web/tsconfig.model.json"]),
  bin("eslint", "eslint/bin/eslint.js", [
    ...["--config", "web/eslint.config.js", "--max-warnings", "0"],
    ...["web", "tests"],
  ]),
  bin("vitest", "vitest/vitest.mjs", ["run", "--config", "web/vitest.config.ts"]),
  tool("conformance: cases", "conformance.mjs", [
    "tests/conformance/cases",
    "--known",
    "tests/conformance-known.json",
  ]),
  tool("conformance: more cases", "conformance.mjs", ["tests/conformance/more"]),
  tool("conformance: cases with crashes", "crashes.mjs", [
    "tests/conformance/cases",
    ...["--seeds", "1", "--only", "window|session|timers|join|state|wordcount|side|async"],
  ]),
  tool("conformance: tables", "conformance-tables.mjs", ["tests/conformance/tables"]),
  tool("conformance: more tables", "conformance-tables.mjs", ["tests/conformance/more/tables"]),
  { name: "page bundle", run: () => attempt(ensureSite) },
  tool("sizes", "sizes.mjs", []),
  { name: "browser", run: runBrowser },
];

await command(async () => {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const only = new RegExp(values.only ?? "");
  requireNode();
  await ensurePackages();
  await ensureRust();
  await ensureRustTools();
  await ensureCrates();
  const count = { passed: 0, failed: 0 };
  const chosen = (/** @type {Step[]} */ steps) => steps.filter((step) => only.test(step.name));
  await runLane(chosen(FIRST), count);
  await Promise.all([runLane(chosen(RUST_LANE), count), runLane(chosen(WEB_LANE), count)]);
  console.log(`\n${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
});

/**
 * @param {readonly Step[]} steps one after another
 * @param {{ passed: number, failed: number }} count
 */
async function runLane(steps, count) {
  for (const step of steps) {
    const start = performance.now();
    const { status, output } = await step.run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (status === 0) {
      count.passed += 1;
      console.log(`ok   ${step.name} (${seconds} s)`);
      // What is let through for now is said all the same.
      for (const line of output.split("\n")) {
        if (line.startsWith("Over budget: ")) console.log(`     ${line}`);
      }
    } else {
      count.failed += 1;
      console.log(`FAIL ${step.name} (${seconds} s)\n${output.trimEnd()}\n`);
    }
  }
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 * @returns {Step}
 */
function cargo(name, args) {
  return { name, run: () => run("cargo", args) };
}

/**
 * A program of an npm package.
 * @param {string} name
 * @param {string} script in `node_modules`
 * @param {readonly string[]} args
 * @returns {Step}
 */
function bin(name, script, args) {
  return { name, run: () => run(process.execPath, [join(ROOT, "node_modules", script), ...args]) };
}

/**
 * A command of ours.
 * @param {string} name
 * @param {string} script in `web/tools`
 * @param {readonly string[]} args
 * @returns {Step}
 */
function tool(name, script, args) {
  return { name, run: () => run(process.execPath, [join(ROOT, "web/tools", script), ...args]) };
}

/**
 * A step of this process: an obstacle is its failure.
 * @param {() => Promise<unknown>} action
 * @returns {Promise<Outcome>}
 */
async function attempt(action) {
  try {
    await action();
    return { status: 0, output: "" };
  } catch (error) {
    const text = error instanceof Error && !(error instanceof Obstacle) ? error.stack : undefined;
    return { status: 1, output: text ?? String(error) };
  }
}

/** @returns {Promise<Outcome>} */
async function runBrowser() {
  const ready = await attempt(ensureChromium);
  if (ready.status !== 0) {
    return ready;
  }
  const port = String((await freePortFrom(FIRST_BROWSER_PORT)) ?? FIRST_BROWSER_PORT);
  const playwright = join(ROOT, "node_modules/@playwright/test/cli.js");
  const args = [playwright, "test", "--config", "tests/browser/playwright.config.ts"];
  return run(process.execPath, args, { env: { WEIR_TEST_PORT: port } });
}
