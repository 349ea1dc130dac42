/** Jobs with event time: watermarks from every kind of strategy, timers on both clocks, and exact replays. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import { JOB_STATUS, Header } from "../engine/frame";
import type { Lab } from "../engine/native";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, momentOf, submitJob, type CompiledJob } from "./compile";

const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };
const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

function open(source: string, options: Partial<ScenarioOptions> = {}): { compiled: CompiledJob; lab: Lab } {
  const compiled = compileJob(source, 7);
  return { compiled, lab: submitJob(compiled, { ...scenario, ...options }) };
}

function linesOf({ compiled, lab }: ReturnType<typeof open>): string[] {
  const { stdout, failure } = momentOf(compiled, lab);
  if (failure !== undefined) return [`${failure.at?.line}: ${failure.message}`];
  return stdout.lines.map(({ text }) => text);
}

function run(source: string, options: Partial<ScenarioOptions> = {}): string[] {
  const opened = open(source, options);
  opened.lab.advance(TICKS_MAX);
  expect(JOB_STATUS[opened.lab.frame()[Header.jobStatus]!]).toMatch(/FINISHED|FAILED/);
  return linesOf(opened);
}

/** Prints the watermark that each record finds. */
const WATCH = `.process({ processElement(t, ctx, out) {
  out.collect(t[0] + "@" + ctx.timestamp() + " wm " + ctx.timerService().currentWatermark()); } }).print();`;
const NONE = "-9223372036854775808";

test("periodic watermarks follow the clock", () => {
  const source = (strategy: string) => `env.fromSource(
      new DataGeneratorSource(i => ["n" + i, i * 10], 5, RateLimiterStrategy.perSecond(4)),
      WatermarkStrategy.noWatermarks(), "rated")
    .assignTimestampsAndWatermarks(${strategy}.withTimestampAssigner(t => t[1]))${WATCH}`;
  expect(run(source("WatermarkStrategy.forMonotonousTimestamps()"))).toEqual([
    `n0@0 wm ${NONE}`,
    "n1@10 wm -1",
    "n2@20 wm 9",
    "n3@30 wm 19",
    "n4@40 wm 29",
  ]);
  expect(run(source("WatermarkStrategy.forBoundedOutOfOrderness(5)")).at(-1)).toBe("n4@40 wm 24");
});

test("a source makes watermarks itself, and each split of a file anew", () => {
  const rated = `env.fromSource(
      new DataGeneratorSource(i => ["n" + i, i * 10], 3, RateLimiterStrategy.perSecond(4)),
      WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1]), "rated")${WATCH}`;
  expect(run(rated)).toEqual([`n0@0 wm ${NONE}`, "n1@10 wm -1", "n2@20 wm 9"]);
});

test("a generator remembers in its fields, also when the run goes back", () => {
  const source = `
    class Newest {
      constructor() { this.newest = -1; }
      onEvent(event, timestamp, output) { this.newest = Math.max(this.newest, timestamp); }
      onPeriodicEmit(output) { output.emitWatermark(this.newest); }
    }
    env.fromSource(new DataGeneratorSource(i => ["n" + i, (i * 7) % 5], 8, RateLimiterStrategy.perSecond(4)),
        WatermarkStrategy.noWatermarks(), "rated")
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forGenerator(() => new Newest()).withTimestampAssigner(t => t[1]))${WATCH}`;
  const straight = run(source);
  expect(straight.slice(0, 4)).toEqual([`n0@0 wm ${NONE}`, "n1@2 wm 0", "n2@4 wm 2", "n3@1 wm 4"]);
  const again = open(source);
  again.lab.advance(1700);
  again.lab.seek(400, 0);
  again.lab.advance(TICKS_MAX);
  expect(linesOf(again)).toEqual(straight);
});

test("an idle input does not hold the others back", () => {
  const source = (idleness: string) => `
    const rated = (name, count, rate) => env.fromSource(
        new DataGeneratorSource(i => [name + i, i], count, RateLimiterStrategy.perSecond(rate)),
        WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1])${idleness}, name);
    rated("a", 20, 10).union(rated("b", 2, 0.5))${WATCH}`;
  const waits = run(source(""));
  const goesOn = run(source(".withIdleness(Duration.ofMillis(300))"));
  expect(waits.find((line) => line.startsWith("a19"))).toBe("a19@19 wm -1");
  expect(goesOn.find((line) => line.startsWith("a19"))).toMatch(/a19@19 wm 1[5-8]/);
});

test("timers of both clocks, once each, by key", () => {
  const source = `
    class Timers extends KeyedProcessFunction {
      processElement(t, ctx, out) {
        const timers = ctx.timerService();
        timers.registerEventTimeTimer(t[1] + 5);
        timers.registerEventTimeTimer(t[1] + 5);
        timers.registerEventTimeTimer(t[1] + 6);
        timers.deleteEventTimeTimer(t[1] + 6);
        timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 50);
      }
      onTimer(timestamp, ctx, out) {
        const late = ctx.timerService().currentProcessingTime() - timestamp;
        out.collect([ctx.getCurrentKey(), ctx.timeDomain(), ctx.timeDomain() === "EVENT_TIME" ? timestamp : late]);
      }
    }
    env.fromSource(new DataGeneratorSource(i => ["ab"[i % 2], i * 10], 3, RateLimiterStrategy.perSecond(4)),
        WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1]), "rated")
      .keyBy(t => t[0]).process(new Timers()).print();`;
  // A timer of the clock fires in the ms after its time; the limited source's end is found 500 ms after its last record.
  expect(run(source).sort()).toEqual([
    "(a,EVENT_TIME,25)",
    "(a,EVENT_TIME,5)",
    "(a,PROCESSING_TIME,1)",
    "(a,PROCESSING_TIME,1)",
    "(b,EVENT_TIME,15)",
    "(b,PROCESSING_TIME,1)",
  ]);
});

test("two inputs: the slower one's watermark counts", () => {
  const source = `
    const timed = (...records) => env.fromData(records).assignTimestampsAndWatermarks(
      WatermarkStrategy.forGenerator(() => ({
        onEvent(e, t, out) { out.emitWatermark(t); }, onPeriodicEmit() {} })).withTimestampAssigner(t => t[1]));
    timed(["a", 5], ["a", 9]).keyBy(t => t[0]).connect(timed(["a", 7]).keyBy(t => t[0])).process({
      open() { this.n = this.getRuntimeContext().getState(new ValueStateDescriptor("n")); },
      processElement1(t, ctx, out) { this.n.update((this.n.value() ?? 0) + 1);
        ctx.timerService().registerEventTimeTimer(t[1]); },
      processElement2(t, ctx, out) { this.n.update((this.n.value() ?? 0) + 1);
        ctx.timerService().registerEventTimeTimer(t[1]); },
      onTimer(timestamp, ctx, out) { out.collect(ctx.getCurrentKey() + timestamp + " n " + this.n.value()); },
    }).print();`;
  expect(run(source)).toHaveLength(3);
  expect(run(source)[2]).toBe("a9 n 3");
});

test("what timers cannot do is said", () => {
  const plain = `env.fromData(1).process({ processElement(v, ctx, out) {
    ctx.timerService().registerEventTimeTimer(1); } }).print();`;
  expect(run(plain)[0]).toMatch(/^2: .*Setting timers is only supported on a keyed streams/);
  const fraction = `env.fromData(1).keyBy(v => v).process({ processElement(v, ctx, out) {
    ctx.timerService().registerEventTimeTimer(1.5); } }).print();`;
  expect(run(fraction)[0]).toMatch(/^2: .*takes a timestamp as a whole number, and got the number 1.5/);
  const assigner = `env.fromData(1).assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(v => "x")).print();`;
  expect(run(assigner)[0]).toMatch(/^1: .*timestamp assigner answered x/);
});

test("the period of watermarks can be set, and 0 turns them off", () => {
  const source = (interval: string) => `
    env.getConfig().setAutoWatermarkInterval(${interval});
    env.fromSource(new DataGeneratorSource(i => ["n" + i, i * 10], 4, RateLimiterStrategy.perSecond(20)),
        WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1]), "rated")${WATCH}`;
  expect(run(source("10")).at(-1)).toBe("n3@30 wm 19");
  expect(run(source("Duration.ofSeconds(10)")).at(-1)).toBe(`n3@30 wm ${NONE}`);
  expect(run(source("0")).at(-1)).toBe(`n3@30 wm ${NONE}`);
  expect(() => compileJob("env.getConfig().setAutoWatermarkInterval(-1);", 7)).toThrow(
    "Auto watermark interval must not be negative.",
  );
});

test("a generator may speak at each record, and tell idleness", () => {
  const source = `
    env.getConfig().setAutoWatermarkInterval(0);
    const marked = WatermarkStrategy.forGenerator(() => ({
      onEvent(t, timestamp, output) {
        if (t[0] === "mark") output.emitWatermark(timestamp);
        if (t[0] === "pause") output.markIdle();
        if (t[0] === "go") output.markActive();
      },
      onPeriodicEmit(output) { output.emitWatermark(1000); },
    })).withTimestampAssigner(t => t[1]);
    const rated = (name, elements) => env.fromSource(
        new DataGeneratorSource(i => elements[i], elements.length, RateLimiterStrategy.perSecond(10)), marked, name);
    rated("a", [["mark", 5], ["mark", 9], ["x", 10], ["y", 11], ["z", 12]])
      .union(rated("b", [["mark", 3], ["pause", 4], ["b", 5], ["go", 5], ["c", 5]]))${WATCH}`;
  const seen = Object.fromEntries(run(source).map((line) => line.split("@") as [string, string]));
  // Idle, b holds nothing back; active again, it is to reach 9 before it counts.
  expect(seen).toMatchObject({ x: "10 wm 9", y: "11 wm 9", z: "12 wm 9" });
});

test("ingestion time: the clock's time is each record's own", () => {
  const source = `
    const start = Date.now();
    env.fromSource(new DataGeneratorSource(i => "n" + i, 3, RateLimiterStrategy.perSecond(10)),
        WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(() => Date.now()), "rated")
      .process({ processElement(n, ctx, out) { out.collect([n, ctx.timestamp() - start]); } }).print();`;
  const times = run(source).map((line) => Number(/,(\d+)\)$/.exec(line)?.[1]));
  expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 100, 200]);
});

test("sources of a group wait for each other", () => {
  const source = (alignment: string) => `
    env.configure(Configuration.fromMap({ "pipeline.watermark-alignment.buffer-size": 0 }));
    env.getConfig().setAutoWatermarkInterval(10);
    const rated = (name, count, rate) => env.fromSource(
        new DataGeneratorSource(i => [name, i * 10], count, RateLimiterStrategy.perSecond(rate)),
        WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t[1])${alignment}, name);
    rated("fast", 60, 200).union(rated("slow", 60, 50)).print();`;
  const greatestLead = (alignment: string) => {
    const newest = { fast: 0, slow: 0 };
    const leads = run(source(alignment)).map((line) => {
      const [, name, time] = /^(?:\d+> )?\((fast|slow),(\d+)\)$/.exec(line) as unknown as [
        string,
        "fast" | "slow",
        string,
      ];
      newest[name] = Number(time);
      return newest.fast - newest.slow;
    });
    expect(leads.length).toBe(120);
    return Math.max(...leads);
  };
  expect(greatestLead("")).toBeGreaterThan(400);
  expect(greatestLead('.withWatermarkAlignment("g", 50, Duration.ofMillis(20))')).toBeLessThan(250);
});

test("alignment behind a source is rejected at its line", () => {
  const source = `const strategy = WatermarkStrategy.forMonotonousTimestamps().withWatermarkAlignment("g", 10);
    env.fromSequence(1, 2)
      .assignTimestampsAndWatermarks(strategy).print();`;
  try {
    compileJob(source, 7);
    expect.fail("it is not rejected");
  } catch (error) {
    expect(error).toMatchObject({ at: { line: 3 } });
  }
});
