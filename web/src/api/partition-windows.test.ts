/** Windows that end with the input, and windows that do not begin at the same time in all subtasks. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, momentOf, submitJob } from "./compile";

const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

function run(source: string): string[] {
  const compiled = compileJob(source, 7);
  const lab = submitJob(compiled, scenario);
  lab.advance(100_000);
  const { stdout, failure } = momentOf(compiled, lab);
  if (failure !== undefined) return [`${failure.at?.line}: ${failure.message}`];
  return stdout.lines.map(({ text }) => text);
}

function namesOf(source: string): string[] {
  return compileJob(source, 7).graphs.stream_graph.nodes.map(({ name }) => name);
}

const NUMBERS = `env.setParallelism(2); const numbers = env.fromSequence(1, 6);`;

test("the records of each subtask as one window", () => {
  expect(
    run(`${NUMBERS} numbers.fullWindowPartition().mapPartition((values, out) => {
      let text = ""; for (const value of values) text += value; out.collect(text); }).print();`).toSorted(),
  ).toEqual(["1> 123", "2> 456"]);
  expect(run(`${NUMBERS} numbers.fullWindowPartition().reduce((a, b) => a + b).print();`).toSorted()).toEqual(
    ["1> 6", "2> 15"],
  );
  const mean = (add: string) =>
    run(`${NUMBERS} numbers.fullWindowPartition().aggregate({ createAccumulator: () => [0, 1], add: ${add},
      getResult: a => a[0] / a[1], merge: (a, b) => a }).print();`).toSorted();
  expect(mean("(n, a) => { a[0] += n; a[1] = 3; return null; }")).toEqual(["1> 2", "2> 5"]);
  // As in Flink, what `add` returns is dropped there.
  expect(mean("(n, a) => [a[0] + n, 3]")).toEqual(["1> 0", "2> 0"]);
});

test("sorted by a field or by a key selector", () => {
  const flights = `const flights = env.fromData(["b", 2], ["a", 3], ["c", 1], ["a", 1]);`;
  const sorted = (by: string) =>
    run(`${flights} flights.fullWindowPartition().sortPartition(${by}).print();`);
  expect(sorted('1, "DESCENDING"')).toEqual(["(a,3)", "(b,2)", "(c,1)", "(a,1)"]);
  expect(sorted('t => t[0], "ASCENDING"')).toEqual(["(a,3)", "(a,1)", "(b,2)", "(c,1)"]);
  expect(() => run(`${flights} flights.fullWindowPartition().sortPartition(1, "UP").print();`)).toThrow(
    "takes an order as one of ASCENDING, DESCENDING",
  );
});

test("the records of each key as one window", () => {
  const words = `const words = env.fromData(["b", 2], ["a", 3], ["b", 1], ["a", 1]).keyBy(t => t[0]);`;
  expect(
    run(`${words} words.fullWindowPartition().sortPartition(1, "ASCENDING").print();`).filter((line) =>
      line.includes("b"),
    ),
  ).toEqual(["(b,1)", "(b,2)"]);
  expect(
    run(`${words} words.fullWindowPartition().mapPartition((values, out) => {
      for (const value of values) out.collect(value[0] + value[1]); }).print();`).toSorted(),
  ).toEqual(["a1", "a3", "b1", "b2"]);
  expect(
    run(`${words} words.fullWindowPartition().reduce((a, b) => [a[0], a[1] + b[1]]).print();`).toSorted(),
  ).toEqual(["(a,4)", "(b,3)"]);
});

test("operators have Flink's names", () => {
  const job = (rest: string) => namesOf(`${NUMBERS} numbers${rest}.print();`);
  expect(job(".fullWindowPartition().mapPartition((v, out) => {})")).toContain("MapPartition");
  expect(job(".fullWindowPartition().reduce((a, b) => a)")).toContain("PartitionReduce");
  expect(job('.fullWindowPartition().sortPartition(0, "ASCENDING")')).toContain("SortPartition");
  expect(job('.keyBy(n => n).fullWindowPartition().sortPartition(0, "ASCENDING")')).toContain(
    "KeyedSortPartition",
  );
  expect(job(".keyBy(n => n).fullWindowPartition().mapPartition((v, out) => {})")).toContain("GlobalWindows");
});

test("a global window can end with the input", () => {
  const source = `env.fromSequence(1, 4).keyBy(n => n % 2).window(GlobalWindows.createWithEndOfStreamTrigger())
    .reduce((a, b) => a + b).print();`;
  expect(run(source).toSorted()).toEqual(["4", "6"]);
});

test("staggered windows begin later by subtask", () => {
  const starts = (stagger: string) => {
    const lines = run(`env.setParallelism(4);
      env.fromSequence(0, 199).map(n => [n % 50, n]).assignTimestampsAndWatermarks(
          WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1]))
        .keyBy(t => t[0]).window(TumblingEventTimeWindows.of(40, 0, ${stagger}))
        .process({ process(key, ctx, elements, out) { out.collect(((ctx.window().getStart() % 40) + 40) % 40); } })
        .print();`);
    const of = (subtask: number) => [...new Set(lines.filter((line) => line.startsWith(`${subtask}> `)))];
    return [1, 2, 3, 4].map((subtask) => of(subtask).map((line) => Number(line.slice(3))));
  };
  expect(starts("WindowStagger.ALIGNED")).toEqual([[0], [0], [0], [0]]);
  const random = starts("WindowStagger.RANDOM");
  expect(random.every((found) => found.length === 1)).toBe(true);
  expect(new Set(random.flat()).size).toBeGreaterThan(1);
  expect(starts("WindowStagger.RANDOM")).toEqual(random);
  const natural = starts("WindowStagger.NATURAL");
  expect(natural.every((found) => found.length === 1)).toBe(true);
});
