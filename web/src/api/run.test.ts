/** Jobs that run: functions of every shape, state, what they may not do, and that a replay is exact. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import { Header, JOB_STATUS } from "../engine/frame";
import type { Lab } from "../engine/native";
import type { Moment, ScenarioOptions, TaskDetail, TaskManagerDetail, TraceEntry } from "../engine/protocol";
import { compileJob, momentOf, submitJob, type CompiledJob } from "./compile";

const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };
const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

interface Run {
  readonly compiled: CompiledJob;
  readonly lab: Lab;
}

function open(source: string, options: Partial<ScenarioOptions> = {}): Run {
  const compiled = compileJob(source, options.seed ?? scenario.seed);
  return { compiled, lab: submitJob(compiled, { ...scenario, ...options }) };
}

type Result = Omit<Moment, "frame"> & { readonly lines: string[]; readonly status: string | undefined };

function moment({ compiled, lab }: Run): Result {
  const result = momentOf(compiled, lab);
  const status = JOB_STATUS[lab.frame()[Header.jobStatus]!];
  return { ...result, lines: result.stdout.lines.map(({ text }) => text), status };
}

function run(source: string, options: Partial<ScenarioOptions> = {}): Result {
  const opened = open(source, options);
  opened.lab.advance(TICKS_MAX);
  return moment(opened);
}

test("a projection keeps some fields of tuples", () => {
  const pairs = 'env.fromData([["a", 1, true], ["b", 2, false]])';
  const projected = run(`${pairs}.project(2, 0).print();`);
  expect(projected.lines).toEqual(["(true,a)", "(false,b)"]);
  expect(
    projected.topology?.vertices.flatMap(({ operators }) => operators.map(({ name }) => name)),
  ).toContain("Projection");
  expect(run(`${pairs}.project(3).print();`).failure?.message).toContain(
    'project(3) does not fit the record ["a",1,true].',
  );
  expect(() => run(`${pairs}.project();`)).toThrow("needs to project at least one field");
});

test("values cross unchanged", () => {
  const source = `env.fromData([
    [1, -1, 1.5, 1e300, -0, true, null, "ä€😀", ""],
    { a: 1, b: { c: [2, [3]] } },
    9007199254740993n, -9223372036854775808n, 2 ** 53, 2 ** 62,
  ]).map(v => v).print();`;
  expect(run(source).lines).toEqual([
    "(1,-1,1.5,1.0E300,0,true,null,ä€😀,)",
    expect.stringContaining("1"),
    "9007199254740993",
    "-9223372036854775808",
    "9007199254740992",
    "4611686018427387904",
  ]);
});

test("what a function sees is JavaScript's", () => {
  const source = `env.fromData([[1, 1.5, "x", true, null, { a: [1] }, 9007199254740993n]])
    .map(t => JSON.stringify(t, (k, v) => typeof v === "bigint" ? v + "n" : v)).print();`;
  expect(run(source).lines).toEqual(['[1,1.5,"x",true,null,{"a":[1]},"9007199254740993n"]']);
});

test("functions of every shape", () => {
  const source = `
    class Plus extends RichMapFunction { constructor(n) { super(); this.n = n; } map(v) { return v + this.n; } }
    env.fromData(1, 2, 3)
      .map(new Plus(1)).map({ map: v => v * 10 }).map({ open() { this.k = 5; }, map(v) { return v + this.k; } })
      .filter({ filter: v => v > 25 }).filter(v => v)
      .flatMap({ flatMap(v, out) { out.collect(v); out.collect([v]); } })
      .process({ processElement(v, ctx, out) { out.collect(ctx.timestamp() + ":" + v); } })
      .print();`;
  const none = "-9223372036854775808";
  expect(run(source).lines).toEqual([`${none}:35`, `${none}:35`, `${none}:45`, `${none}:45`]);
});

test("a context tells of the subtask", () => {
  const source = `env.setParallelism(2);
    env.fromSequence(1, 2).process({
      processElement(v, ctx, out) {
        const info = this.getRuntimeContext().getTaskInfo();
        out.collect(info.getTaskNameWithSubtasks() + " of " + info.getMaxNumberOfParallelSubtasks());
      } }).name("Who").print();`;
  expect(run(source).lines.sort()).toEqual(
    [1, 2].map((n) => `${n}> Source: Sequence Source -> Who -> Sink: Print to Std. Out (${n}/2)#0 of 128`),
  );
});

test("a function that throws fails its job, with the line", () => {
  const { failure, status } = run(`env.fromData(1, 2)\n  .map(n => {\n    return n.x.y;\n  }).print();`);
  expect(status).toBe("FAILED");
  expect(failure).toMatchObject({ kind: "user", at: { line: 3, column: 16 } });
  expect(failure?.message).toMatch(/Map: TypeError: /);
  expect(failure?.task).toMatch(/Map.* \(1\/1\)/);
});

test("an operator that fails without a function's fault is pointed at, too", () => {
  const missing = run('\nenv.readTextFile("b.txt").print();').failure;
  expect(missing).toMatchObject({ kind: "user", at: { line: 2, column: 5 } });
  const later = open("env.fromData([1])\n  .keyBy(t => t[5]).sum(0).print();");
  later.lab.advance(TICKS_MAX);
  const { failure } = moment(later);
  expect(failure?.message).toMatch(/key must not be null/);
  expect(failure?.at).toEqual({ line: 1, column: 5 });
  expect(failure?.tick).toBeLessThan(later.lab.tick);
});

test("what a function may not do", () => {
  const failureOf = (source: string) => {
    const { failure } = run(source);
    return `${failure?.at?.line}:${failure?.at?.column} ${failure?.message}`;
  };
  expect(failureOf("env.fromData(1)\n.map(n => new Map()).print();")).toMatch(/^2:2 .*cannot hold a Map/);
  expect(failureOf("env.fromData(1).flatMap((n, out) => {\n out.collect(Symbol()); }).print();")).toMatch(
    /^2:6 .*cannot hold a symbol/,
  );
  expect(failureOf("env.fromData(1).map({ n: 0, map(v) {\n this.n += v; return v; } }).print();")).toMatch(
    /^2:9 .*After open\(\) a function's fields cannot change/,
  );
  expect(failureOf("env.fromData(1).map(v => {\n env.fromData(2); return v; }).print();")).toMatch(/^2:6 /);
  expect(
    failureOf("env.fromData(1).process({ processElement(v, ctx, out) {\n out.emit(v); } }).print();"),
  ).toMatch(/^2:\d .*Collector has no method "emit"/);
  expect(
    failureOf(
      'env.fromData(1).map({ open() {\n this.getRuntimeContext().getState(new ValueStateDescriptor("s")); }, map: v => v }).print();',
    ),
  ).toMatch(/^2:27 .*Keyed state can only be used on a 'keyed stream'/);
});

test("a function's metrics are shown, by operator", () => {
  const source = `class Count extends RichMapFunction {
    open() {
      const group = this.getRuntimeContext().getMetricGroup();
      this.n = group.counter("seen"); this.events = group.meter("events", new MeterView(10));
      this.sizes = group.addGroup("of", "all").histogram("sizes", new DescriptiveStatisticsHistogram(100));
      group.gauge("twice", () => 2 * this.n.getCount());
    }
    map(v) { this.n.inc(); this.events.markEvent(3); this.sizes.update(v); return v; }
  }
  env.fromSequence(1, 5).map(new Count()).name("count it").disableChaining().print();`;
  const { lab } = open(source);
  const shown = () => (lab.inspectTask(1) as TaskDetail).metrics;
  while (shown()["count_it.seen"] !== 5) lab.advance(1);
  expect(shown()).toMatchObject({
    "count_it.seen": 5,
    "count_it.twice": 10,
    "count_it.events": 0,
    "count_it.of.all.sizes_count": 5,
    "count_it.of.all.sizes_max": 5,
    "count_it.of.all.sizes_mean": 3,
  });
  lab.seek(lab.frame()[Header.tickLow]! - 1, 0);
  expect(shown()["count_it.seen"]).toBe(4);
});

test("chances and clocks are the run's own", () => {
  const source = `env.setParallelism(2);
    env.fromSequence(1, 6).map(n => [Math.random(), Date.now(), new Date().getFullYear()]).print();`;
  const first = run(source).lines;
  expect(new Set(first.map((line) => line.slice(3, 20))).size).toBe(6);
  expect(first[0]).toContain(",2026)");
  expect(run(source).lines).toEqual(first);
  expect(run(source, { seed: 8 }).lines).not.toEqual(first);
});

test("back and forth gives the same, chances included", () => {
  const source = `env.setParallelism(2);
    env.fromSequence(1, 200).map(n => [n % 7, Math.random()]).keyBy(t => t[0])
      .reduce((a, b) => [a[0], a[1] + b[1]]).print();`;
  const straight = open(source);
  straight.lab.advance(TICKS_MAX);
  const again = open(source);
  const { lab } = again;
  lab.advance(90);
  for (let step = 0; step < 40; step++) lab.step("record", -1);
  for (let step = 0; step < 25; step++) lab.step("turn", 1);
  lab.seek(33, 2);
  lab.seek(70, 0);
  lab.step("tick", -1);
  lab.advance(TICKS_MAX);
  expect(lab.traceHash()).toBe(straight.lab.traceHash());
  expect(moment(again).lines).toEqual(moment(straight).lines);
});

test("a text that the page provides", () => {
  const source = 'env.readTextFile("a.txt").map(l => l.length).print();';
  expect(run(source, { files: { "a.txt": "one\ntwo three\n\nfour" } }).lines).toEqual(["3", "9", "0", "4"]);
});

test("a table of a collecting sink", () => {
  const { stdout } = run('env.fromData(1, 2).sinkTo(new CollectSink("numbers"));');
  expect(stdout.lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual(["numbers 1", "numbers 2"]);
});

test("a generated source", () => {
  const source = `env.fromSource(new DataGeneratorSource(i => "n" + i, 3, RateLimiterStrategy.perSecond(10)),
    WatermarkStrategy.noWatermarks(), "numbers").print();`;
  expect(run(source).lines).toEqual(["n0", "n1", "n2"]);
});

test("a TaskManager's memory is what Flink's options make of it", () => {
  const source = "env.fromSequence(1, 3).print();";
  const memoryOf = (memory: Record<string, string>) =>
    open(source, { memory }).lab.inspectTaskManager(0) as TaskManagerDetail;
  const detail = memoryOf({});
  expect(detail.memory.find(({ name }) => name === "Network")).toEqual({
    depth: 4,
    name: "Network",
    option: "taskmanager.memory.network.min",
    bytes: 134_217_730,
    text: "128.000mb (134217730 bytes)",
  });
  expect(detail.slots).toEqual(Array(4).fill({ pages: 4096, free: 4096 }));
  const small = { "taskmanager.memory.network.min": "1m", "taskmanager.memory.network.max": "1m" };
  expect(memoryOf(small).metrics["Status.Shuffle.Netty.TotalMemorySegments"]).toBe(32);
  const refused = () => memoryOf({ "taskmanager.memory.process.size": "1 pb" });
  expect(refused).toThrowError("Could not parse value '1 pb' for key 'taskmanager.memory.process.size'.");
});

test("links are cut and mended by commands and by the scenario", () => {
  const source = `env.setParallelism(2);
    env.fromSequence(1, 40).map(n => [n % 3, n]).keyBy(t => t[0]).sum(1).print();`;
  const twoManagers = { taskManagers: 2, slotsPerTaskManager: 1 };
  const links = { from: 0, to: 1, bothWays: true };
  const faultsOf = ({ lab }: Run) =>
    (lab.trace(0, 1000) as { entries: TraceEntry[] }).entries.filter(({ kind }) => kind === "fault");
  const scheduled = open(source, {
    ...twoManagers,
    linkFaults: [
      { tick: 20, fault: { kind: "cutLink", ...links } },
      { tick: 28, fault: { kind: "restoreLink", ...links } },
    ],
  });
  scheduled.lab.advance(TICKS_MAX);
  expect(faultsOf(scheduled).map(({ tick, text }) => `${tick} ${text}`)).toEqual([
    "20 link cut both ways",
    "28 link restored both ways",
  ]);
  const commanded = open(source, twoManagers);
  commanded.lab.advance(20);
  expect(commanded.lab.command({ kind: "cutLink", ...links })).toBe(20);
  commanded.lab.advance(8);
  commanded.lab.command({ kind: "restoreLink", ...links });
  commanded.lab.advance(TICKS_MAX);
  expect(commanded.lab.traceHash()).toBe(scheduled.lab.traceHash());
  expect(() => commanded.lab.command({ kind: "cutLink", from: 0, to: 9 })).toThrowError(
    "There is no TaskManager 10: the cluster has 2, counted from 1.",
  );
});

test("a connection that is reset fails the job, in the words of Flink", () => {
  const source = `env.setParallelism(2);
    env.fromSequence(1, 400).map(n => [n % 3, n]).keyBy(t => t[0]).sum(1).print();`;
  const opened = open(source, { taskManagers: 2, slotsPerTaskManager: 1 });
  opened.lab.advance(50);
  opened.lab.command({ kind: "resetConnection", from: 1, to: 0 });
  opened.lab.advance(TICKS_MAX);
  const { status, failure } = moment(opened);
  expect(status).toBe("FAILED");
  expect(failure).toMatchObject({
    kind: "network",
    message: expect.stringMatching(
      /^RemoteTransportException: Lost connection to task manager 'TaskManager [12]'\. /,
    ) as string,
  });
});
