/** Checkpoint settings: Flink's defaults, what is set is read back, what makes no sense is refused at its line. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, submitJob } from "./compile";
import { JobBuildError } from "./errors";

const scenario: ScenarioOptions = { seed: 1, taskManagers: 1, slotsPerTaskManager: 4, files: {} };

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

function outcome(source: string): string {
  try {
    submitJob(compileJob(source, 1), scenario).free();
  } catch (error) {
    if (error instanceof JobBuildError) return `${error.at?.line}:${error.at?.column} ${error.message}`;
    throw error;
  }
  return "accepted";
}

/** What an expression about the settings `c` is, thrown by the job itself. */
function valueOf(setters: string, expression: string): string {
  const said = outcome(
    `const c = env.getCheckpointConfig(); ${setters}; throw new Error(String(${expression}));`,
  );
  return said.slice(said.indexOf(" ") + 1);
}

test("defaults are Flink's", () => {
  const all = `[c.isCheckpointingEnabled(), c.getCheckpointInterval(), c.getCheckpointingConsistencyMode(),
    c.getCheckpointTimeout(), c.getMinPauseBetweenCheckpoints(), c.getMaxConcurrentCheckpoints(),
    c.getTolerableCheckpointFailureNumber(), c.isUnalignedCheckpointsEnabled(),
    c.getAlignedCheckpointTimeout().toMillis(), c.getExternalizedCheckpointRetention()].join(" ")`;
  expect(valueOf("", all)).toContain(
    "false -1 EXACTLY_ONCE 600000 0 1 0 false 0 NO_EXTERNALIZED_CHECKPOINTS",
  );
});

test("what is set is read back", () => {
  const set = `env.enableCheckpointing(Duration.ofSeconds(1), "AT_LEAST_ONCE");
    c.setMinPauseBetweenCheckpoints(200); c.setCheckpointTimeout(5000); c.enableUnalignedCheckpoints();
    c.setAlignedCheckpointTimeout(30); c.setExternalizedCheckpointRetention("RETAIN_ON_CANCELLATION");
    c.setCheckpointStorage("filesystem"); c.setTolerableCheckpointFailureNumber(3)`;
  const read = `[c.getCheckpointInterval(), c.getCheckpointingConsistencyMode(), c.getMinPauseBetweenCheckpoints(),
    c.getCheckpointTimeout(), c.isUnalignedCheckpointsEnabled(), c.getAlignedCheckpointTimeout().toMillis(),
    c.getExternalizedCheckpointRetention(), c.getTolerableCheckpointFailureNumber()].join(" ")`;
  expect(valueOf(set, read)).toContain("1000 AT_LEAST_ONCE 200 5000 true 30 RETAIN_ON_CANCELLATION 3");
});

test("what makes no sense is refused", () => {
  expect(outcome("env.enableCheckpointing(9);")).toBe(
    "1:5 The checkpoint interval in ms is 9. Give at least 10.",
  );
  expect(outcome("env.getCheckpointConfig()\n  .setMaxConcurrentCheckpoints(0);")).toBe(
    "2:4 The number of concurrent checkpoints is 0. Give at least 1.",
  );
  expect(outcome("env.getCheckpointConfig().setCheckpointingConsistencyMode('ONCE');")).toContain(
    "takes a mode as one of EXACTLY_ONCE, AT_LEAST_ONCE, and got",
  );
  const both = "env.enableCheckpointing(100); const c = env.getCheckpointConfig();";
  expect(
    outcome(
      `${both} c.enableUnalignedCheckpoints(); c.setMaxConcurrentCheckpoints(2); env.fromData(1).print();`,
    ),
  ).toContain("Unaligned checkpoints work one at a time.");
  expect(outcome(`${both} env.fromData(1).print();`)).toBe("accepted");
});
