/** Jobs in batch: what they print, in the order in which batch gives it, and what it refuses. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import { JOB_STATUS, Header } from "../engine/frame";
import type { Lab } from "../engine/native";
import type { ScenarioOptions, TaskDetail, TaskManagerDetail } from "../engine/protocol";
import { compileJob, momentOf, submitJob, type CompiledJob } from "./compile";

const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 2, files: {} };
const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

function open(source: string, options: Partial<ScenarioOptions> = {}): { compiled: CompiledJob; lab: Lab } {
  const compiled = compileJob(`env.setRuntimeMode("BATCH"); ${source}`, 7);
  return { compiled, lab: submitJob(compiled, { ...scenario, ...options }) };
}

/** What is printed, line by line; of a failed job its error. */
function run(source: string, options: Partial<ScenarioOptions> = {}): string[] {
  const { compiled, lab } = open(source, options);
  lab.advance(TICKS_MAX);
  expect(JOB_STATUS[lab.frame()[Header.jobStatus]!]).toMatch(/FINISHED|FAILED/);
  const { stdout, failure } = momentOf(compiled, lab);
  if (failure !== undefined) return [`${failure.at?.line}: ${failure.message}`];
  return stdout.lines.map(({ text }) => text);
}

/** The same, whatever the order and the subtask. */
const sorted = (source: string, options: Partial<ScenarioOptions> = {}) =>
  run(source, options)
    .map((line) => line.replace(/^\d+> /, ""))
    .sort();

const WORDS = `env.fromData("to", "be", "or", "not", "to", "be")`;

test("a keyed aggregation gives one result a key, key after key", () => {
  // Shorter words come first: their serialised form begins with the length.
  expect(run(`${WORDS}.map(w => [w, 1]).keyBy(t => t[0]).sum(1).print();`)).toEqual([
    "(be,2)",
    "(or,1)",
    "(to,2)",
    "(not,1)",
  ]);
  const pairs = `env.fromData(["a", 5, 1], ["b", 1, 2], ["a", 3, 3], ["a", 9, 4], ["b", 1, 5], ["a", 3, 6])`;
  const aggregate = (call: string) => run(`${pairs}.keyBy(t => t[0]).${call}.print();`);
  expect(aggregate("min(1)")).toEqual(["(a,3,1)", "(b,1,2)"]);
  expect(aggregate("max(1)")).toEqual(["(a,9,1)", "(b,1,2)"]);
  expect(aggregate("minBy(1)")).toEqual(["(a,3,3)", "(b,1,2)"]);
  expect(aggregate("minBy(1, false)")).toEqual(["(a,3,6)", "(b,1,5)"]);
  expect(aggregate("maxBy(1)")).toEqual(["(a,9,4)", "(b,1,2)"]);
  expect(aggregate("reduce((a, b) => [a[0], a[1] * b[1], b[2]])")).toEqual(["(a,405,6)", "(b,1,5)"]);
});

test("keys come in the order of their bytes, taken as signed", () => {
  const keys = "env.fromData(1, 300, 127, 128, -1, 255)";
  expect(run(`${keys}.keyBy(n => n).reduce((a, b) => a).print();`)).toEqual(
    // -1 is ff…ff; 128 and 255 end in bytes that Java takes for negative ones, and 300 is 01 2c.
    ["-1", "128", "255", "1", "127", "300"],
  );
});

test("within a key, records come by timestamp", () => {
  const source = `env.fromData(["a", 3], ["b", 2], ["a", 1], ["b", 9], ["a", 2])
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1]))
    .keyBy(t => t[0]).process({ processElement(t, ctx, out) { out.collect(t[0] + t[1]); } }).print();`;
  expect(run(source)).toEqual(["a1", "a2", "a3", "b2", "b9"]);
});

test("windows fire key after key, when the key ends", () => {
  const source = `env.fromData(["a", 1], ["b", 12], ["a", 7], ["a", 13], ["b", 3], ["a", 2])
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1]))
    .keyBy(t => t[0]).window(TumblingEventTimeWindows.of(10)).sum(1).print();`;
  expect(run(source)).toEqual(["(a,10)", "(a,13)", "(b,3)", "(b,12)"]);
});

test("state is that of one key, and timers fire when the key ends", () => {
  const source = `${WORDS}.keyBy(w => w).process({
    processElement(word, ctx, out) {
      out.collect(word + " wm " + (ctx.timerService().currentWatermark() < 0 ? "min" : "max"));
      ctx.timerService().registerEventTimeTimer(10);
      ctx.timerService().registerProcessingTimeTimer(5);
    },
    onTimer(timestamp, ctx, out) {
      ctx.timerService().registerEventTimeTimer(99);
      out.collect(ctx.getCurrentKey() + "@" + timestamp);
    } }).print();`;
  expect(run(source)).toEqual([
    ...["be wm min", "be wm min", "be@10", "be@5"],
    ...["or wm min", "or@10", "or@5"],
    ...["to wm min", "to wm min", "to@10", "to@5"],
    ...["not wm min", "not@10", "not@5"],
  ]);
  const counts = `class Count extends KeyedProcessFunction {
      open() { this.seen = this.getRuntimeContext().getState(new ValueStateDescriptor("seen")); }
      processElement(word, ctx, out) {
        this.seen.update((this.seen.value() ?? 0) + 1);
        out.collect([word, this.seen.value()]);
      } }
    ${WORDS}.keyBy(w => w).process(new Count()).print();`;
  expect(run(counts)).toEqual(["(be,1)", "(be,2)", "(or,1)", "(to,1)", "(to,2)", "(not,1)"]);
});

test("every exchange gives every record", () => {
  const numbers = `env.setParallelism(2); const s = env.fromSequence(1, 20).map(n => n).setParallelism(3);`;
  const all = Array.from({ length: 20 }, (_, n) => `${n + 1}`).sort();
  for (const exchange of ["rebalance()", "rescale()", "shuffle()", "global()"]) {
    expect(sorted(`${numbers} s.${exchange}.map(n => n).print();`)).toEqual(all);
  }
  expect(sorted(`${numbers} s.broadcast().map(n => n).print();`)).toEqual([...all, ...all].sort());
  const custom = `s.partitionCustom((key, n) => key % n, n => n).map(n => n)`;
  expect(sorted(`${numbers} ${custom}.print();`)).toEqual(all);
});

test("unions, side outputs, several sinks and two inputs", () => {
  const source = `
    const odd = new OutputTag("odd");
    const numbers = env.fromSequence(1, 6);
    const even = numbers.process({ processElement(n, ctx, out) {
      if (n % 2 === 0) out.collect(n); else ctx.output(odd, n); } });
    even.union(even.getSideOutput(odd).map(n => -n)).print("both");
    even.getSideOutput(odd).flatMap((n, out) => { out.collect(n); out.collect(n * 10); }).print("odd");`;
  expect(run(source).sort()).toEqual(
    ["both> 2", "both> 4", "both> 6", "both> -1", "both> -3", "both> -5"]
      .concat(["odd> 1", "odd> 10", "odd> 3", "odd> 30", "odd> 5", "odd> 50"])
      .sort(),
  );
  const connected = `env.fromData("x", "y").connect(env.fromData(1, 2))
    .map({ map1: (s) => s + s, map2: (n) => n + 1 }).print();`;
  expect(sorted(connected)).toEqual(["2", "3", "xx", "yy"]);
});

test("two keyed inputs are sorted together", () => {
  const source = `
    const names = env.fromData([2, "two"], [1, "one"], [3, "three"]);
    const sizes = env.fromData([3, 30], [1, 10], [2, 20], [1, 11]);
    names.connect(sizes).keyBy(a => a[0], b => b[0]).process({
      processElement1(a, ctx, out) { out.collect("name " + a[1]); },
      processElement2(b, ctx, out) { out.collect("size " + b[1]); } }).print();`;
  expect(run(source)).toEqual([
    "name one",
    "size 10",
    "size 11",
    "name two",
    "size 20",
    "name three",
    "size 30",
  ]);
});

test("a stage runs when the one before it is complete, and fewer slots do", () => {
  const source = `env.setParallelism(4);
    env.fromSequence(1, 40).map(n => [n % 5, n]).keyBy(t => t[0]).sum(1).print();`;
  const sums = ["(0,180)", "(1,148)", "(2,156)", "(3,164)", "(4,172)"];
  for (const options of [{}, { taskManagers: 1, slotsPerTaskManager: 1 }]) {
    expect(sorted(source, options)).toEqual(sums);
  }
});

test("what does not fit into memory is sorted in runs on the disk", () => {
  const source = `env.fromSequence(1, 400).map(n => [n % 7, n, "something to fill the memory with"])
    .keyBy(t => t[0]).reduce((a, b) => [a[0], a[1] + b[1], ""]).map(t => [t[0], t[1]]).print();`;
  const options: Partial<ScenarioOptions> = {
    segmentBytes: 512,
    memory: { "taskmanager.memory.managed.size": "13k" },
    speeds: { default: 10 },
  };
  expect(run(source, options)).toEqual(run(source));
  const { lab } = open(source, options);
  let runs = 0;
  let files = 0;
  for (let tick = 0; tick < 400; tick++) {
    lab.advance(1);
    const detail = lab.inspectTask(1) as TaskDetail;
    runs = Math.max(runs, ...detail.sorting.map((sorting) => sorting.runs));
    for (const manager of [0, 1]) {
      const { disk } = lab.inspectTaskManager(manager) as TaskManagerDetail;
      files = Math.max(files, disk.files.filter(({ content }) => content.kind === "sortedRun").length);
    }
  }
  expect(runs).toBeGreaterThan(1);
  expect(files).toBeGreaterThan(1);
  const little = run(source, { ...options, memory: { "taskmanager.memory.managed.size": "2k" } });
  expect(little.join()).toContain(
    "Too little memory provided to sorter to perform task. Required are at least 12 pages.",
  );
});

test("a result is written, finished, read and released", () => {
  const { lab } = open(`env.fromSequence(1, 30).keyBy(n => n % 3).sum(0).print();`, { segmentBytes: 64 });
  const states: string[] = [];
  while (!lab.isOver) {
    const { result } = (lab.inspectTask(0) as TaskDetail).outputs[0]!;
    if (states.at(-1) !== result.state) states.push(result.state);
    if (result.state === "being read") {
      const disks = [0, 1].map((id) => (lab.inspectTaskManager(id) as TaskManagerDetail).disk);
      expect(disks.flatMap(({ files }) => files.map(({ name }) => name))).toEqual(["partition-0-0.channel"]);
      expect(result.fileBytes).toBeGreaterThan(300);
    }
    lab.advance(1);
  }
  expect(states).toEqual(["planned", "being written", "finished", "being read", "finished", "released"]);
});

test("a function that throws fails the job and names its line", () => {
  const source = `env.fromSequence(1, 9)
    .keyBy(n => n % 2)
    .reduce((a, b) => { throw new Error("no sum"); })
    .print();`;
  expect(run(source).join()).toMatch(/^3: .*no sum/);
});

test("a source without end is refused, as Flink does", () => {
  const endless = (mode: string) => `env.setRuntimeMode("${mode}");
    env.fromSource(new DataGeneratorSource(i => i, Number.MAX_SAFE_INTEGER), WatermarkStrategy.noWatermarks(), "n")
      .print();`;
  expect(() => compileJob(endless("BATCH"), 7)).toThrow(/Detected an UNBOUNDED source/);
  expect(() => compileJob(endless("STREAMING"), 7)).not.toThrow();
});

test("a region that would wait for itself fails, as in Flink", () => {
  // What leaves the reduce at its end is exchanged as a whole, and joins a stream of its own region.
  const [failure] = run(
    `env.setRuntimeMode("STREAMING"); const m = env.fromSequence(1, 4).map(n => n);
     const k = m.map(n => n).keyBy(n => n).connect(env.fromSequence(5, 8).keyBy(n => n)).map({ map1: n => n, map2: n => n });
     m.fullWindowPartition().reduce((a, b) => a + b).connect(k).map({ map1: n => n, map2: n => -n }).print();`,
  );
  expect(failure).toContain(
    "IllegalStateException: Trying to consume an input partition whose producer is not ready",
  );
});

test("such a job ends, also where another region waits for more slots than there are yet", () => {
  const { compiled, lab } = open(`env.setRuntimeMode("STREAMING"); const events = env.fromSequence(1, 4);
    const whole = events.map(n => n).connect(env.fromData(5)).map({ map1: n => n, map2: n => n })
      .fullWindowPartition().reduce((a, b) => a + b);
    whole.union(events).keyBy(n => n).map(n => n).print();
    env.fromData(7).rescale().map(n => n).setParallelism(4).print().setParallelism(4);`);
  lab.advance(TICKS_MAX);
  expect(momentOf(compiled, lab).failure?.message).toContain("whose producer is not ready");
  expect(lab.isOver).toBe(true);
  expect(lab.tick).toBeLessThan(TICKS_MAX);
});
