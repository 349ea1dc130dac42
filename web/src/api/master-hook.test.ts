/** A function that keeps a state at the JobMaster, and finds it again after a crash. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { Lab } from "../engine/native";
import { compileJob, momentOf, submitJob } from "./compile";

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

const job = (trigger: string, serializer: string, map = "return n;"): string => `
  class Offsets {
    asked = 0;
    getIdentifier() { return "offsets"; }
    triggerCheckpoint(id, timestamp) { this.asked += 1; ${trigger} }
    restoreCheckpoint(id, state) { if (state.asked < 1) throw new Error("lost"); this.asked = state.asked; }
    createCheckpointDataSerializer() { return ${serializer}; }
  }
  const serializer = {
    getVersion: () => 2,
    serialize: (state) => [state.asked],
    deserialize: (version, [asked]) => ({ asked: asked + version - 2 }),
  };
  env.enableCheckpointing(30);
  env.fromSource(new DataGeneratorSource(i => i, 40, RateLimiterStrategy.perSecond(200)),
      WatermarkStrategy.noWatermarks(), "numbers")
    .map({
      createMasterTriggerRestoreHook: () => new Offsets(),
      map(n) { ${map} },
    }).print();`;

function run(source: string): Lab {
  const lab = submitJob(compileJob(source, 7), {
    seed: 7,
    taskManagers: 1,
    slotsPerTaskManager: 1,
    files: {},
  });
  lab.advance(170);
  return lab;
}

const textsOf = (rows: unknown): readonly string[] => (rows as { readonly texts: readonly string[] }).texts;

test("a hook's state is kept with each checkpoint, and given back", () => {
  const source = job("return { asked: this.asked };", "serializer");
  const compiled = compileJob(source, 7);
  const lab = submitJob(compiled, { seed: 7, taskManagers: 1, slotsPerTaskManager: 1, files: {} });
  lab.advance(170);
  const held = [2, 3, 4, 5, 6]
    .map((id) => lab.heldState(id) as unknown)
    .find((rows) => rows !== null && rows !== undefined);
  expect(textsOf(held)).toContain("offsets");
  expect(textsOf(held)).toContain("version 2");
  lab.command({ kind: "failTask", task: 0 });
  lab.advance(20_000);
  expect(momentOf(compiled, lab).failure).toBeUndefined();
});

test("what goes wrong with a hook is told in Flink's words", () => {
  const told = (trigger: string, serializer: string): string =>
    textsOf(run(job(trigger, serializer)).checkpoints()).join("\n");
  expect(told("throw new TypeError('no offsets');", "serializer")).toContain(
    "Trigger checkpoint failure. FlinkException: Error while triggering checkpoint master hook 'offsets'. Caused by: TypeError: no offsets",
  );
  expect(told("return 5;", "null")).toContain(
    "Checkpoint hook 'offsets is stateful but creates no serializer",
  );
  const service = "SimulatedService.answering(() => 1).withLatency(5).withFailures(1, 'not there').query(1)";
  expect(told(`return ${service};`, "serializer")).toContain(
    "Checkpoint master hook 'offsets' produced an exception. Caused by: Error: not there",
  );
});
