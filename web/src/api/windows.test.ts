/** Jobs with windows: functions, contexts, triggers, evictors and assigners of the job's own, and their errors. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, momentOf, submitJob } from "./compile";

const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };
const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

/** What a job prints; in place of it, how it failed. */
function run(source: string): string[] {
  const compiled = compileJob(source, 7);
  const lab = submitJob(compiled, scenario);
  lab.advance(TICKS_MAX);
  const { stdout, failure } = momentOf(compiled, lab);
  return failure === undefined ? stdout.lines.map(({ text }) => text) : [failure.message];
}

/** Timed records of one key, `at` their time; the watermark follows each of them. */
function timed(...records: readonly (readonly [key: string, at: number, n: number])[]): string {
  return `env.fromData(${JSON.stringify(records)}).assignTimestampsAndWatermarks(
    WatermarkStrategy.forGenerator(() => ({ onEvent(e, t, out) { out.emitWatermark(t - 1); }, onPeriodicEmit() {} }))
      .withTimestampAssigner(t => t[1]))`;
}

const RECORDS = timed(["a", 1, 1], ["a", 4, 2], ["b", 6, 3], ["a", 12, 4], ["a", 25, 5]);
const TENS = "TumblingEventTimeWindows.of(10)";
/** Prints each window with the sum of its records. */
const SUMS = `.apply((key, window, elements, out) => {
  out.collect(key + " " + window + " " + [...elements].reduce((sum, t) => sum + t[2], 0)); }).print();`;

test("functions of every shape", () => {
  const keyed = `${RECORDS}.keyBy(t => t[0]).window(${TENS})`;
  const sums = ["(a,1,3)", "(b,6,3)", "(a,12,4)", "(a,25,5)"];
  expect(run(`${keyed}.sum(2).print();`).sort()).toEqual([...sums].sort());
  expect(run(`${keyed}.reduce((x, y) => [x[0], x[1], x[2] + y[2]]).print();`).sort()).toEqual(
    [...sums].sort(),
  );
  expect(run(`${keyed}.maxBy(2).print();`)).toContain("(a,4,2)");
  expect(run(`${keyed}${SUMS}`)).toContain("a TimeWindow{start=0, end=10} 3");
  const after = `(x, y) => [x[0], x[1], x[2] + y[2]], (key, window, sums, out) => {
    for (const sum of sums) out.collect([window.maxTimestamp(), sum[2]]); }`;
  expect(run(`${keyed}.reduce(${after}).print();`)).toContain("(9,3)");
  const average = `{ createAccumulator: () => ({ n: 0, sum: 0 }),
    add: (t, acc) => ({ n: acc.n + 1, sum: acc.sum + t[2] }), getResult: acc => acc.sum / acc.n,
    merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }) }`;
  expect(run(`${keyed}.aggregate(${average}).print();`).sort()).toEqual(["1.5", "3", "4", "5"]);
  expect(
    run(
      `${RECORDS}.keyBy(t => t[0]).window(EventTimeSessionWindows.withGap(5)).aggregate(${average}).print();`,
    ),
  ).toEqual(["1.5", "3", "4", "5"]);
  expect(
    run(`${RECORDS}.windowAll(${TENS}).process({ process(ctx, elements, out) {
    out.collect(ctx.window().getEnd() + ": " + [...elements].length); } }).print();`),
  ).toEqual(["10: 3", "20: 1", "30: 1"]);
});

test("state for a window, and for all windows of a key", () => {
  const source = `${timed(["a", 1, 1], ["a", 2, 1], ["a", 11, 1], ["a", 12, 1])}.keyBy(t => t[0]).window(${TENS})
    .trigger(CountTrigger.of(1)).process({
      process(key, ctx, elements, out) {
        const here = ctx.windowState().getState(new ValueStateDescriptor("here"));
        const all = ctx.globalState().getState(new ValueStateDescriptor("all"));
        here.update((here.value() ?? 0) + 1);
        all.update((all.value() ?? 0) + 1);
        out.collect([ctx.window().getStart(), here.value(), all.value()]);
      },
      clear(ctx) { ctx.windowState().getState(new ValueStateDescriptor("here")).clear(); },
    }).print();`;
  expect(run(source)).toEqual(["(0,1,1)", "(0,2,2)", "(10,1,3)", "(10,2,4)"]);
  const merging = source.replace(TENS, "EventTimeSessionWindows.withGap(5)");
  expect(run(merging)[0]).toMatch(/Per-window state is not allowed when using merging windows/);
});

test("a trigger of the job's own, alone and purging", () => {
  const trigger = `class EverySecond extends Trigger {
      onElement(element, timestamp, window, ctx) {
        const count = ctx.getPartitionedState(new ValueStateDescriptor("count"));
        count.update((count.value() ?? 0) + 1);
        ctx.registerEventTimeTimer(window.maxTimestamp());
        return count.value() % 2 === 0 ? TriggerResult.FIRE : TriggerResult.CONTINUE;
      }
      onEventTime(time, window, ctx) { return time === window.maxTimestamp() ? TriggerResult.FIRE : TriggerResult.CONTINUE; }
      onProcessingTime() { return TriggerResult.CONTINUE; }
      clear(window, ctx) {
        ctx.getPartitionedState(new ValueStateDescriptor("count")).clear();
        ctx.deleteEventTimeTimer(window.maxTimestamp());
      }
    }\n`;
  const records = timed(["a", 1, 1], ["a", 2, 2], ["a", 3, 4], ["a", 15, 8]);
  const windowed = `${records}.keyBy(t => t[0]).window(${TENS})`;
  expect(
    run(`${trigger}${windowed}.trigger(new EverySecond())${SUMS}`).map((line) => line.slice(-2)),
  ).toEqual([" 3", " 7", " 8"]);
  const purging = `${windowed}.trigger(PurgingTrigger.of(new EverySecond()))`;
  expect(run(`${trigger}${purging}${SUMS}`).map((line) => line.slice(-2))).toEqual([" 3", " 4", " 8"]);
  const answersNothing = "{ onElement() {}, onEventTime() {}, onProcessingTime() {}, clear() {} }";
  expect(run(`${windowed}.trigger(${answersNothing})${SUMS}`)[0]).toMatch(
    /The trigger answered null; it must/,
  );
});

test("a trigger of the job's own on windows that merge", () => {
  const source = `const seen = new ReducingStateDescriptor("seen", (a, b) => a + b);
    ${timed(["a", 20, 1], ["a", 14, 2], ["a", 30, 4], ["a", 35, 8], ["a", 36, 16])}
      .keyBy(t => t[0]).window(EventTimeSessionWindows.withGap(5)).allowedLateness(100).trigger({
        onElement(element, timestamp, window, ctx) {
          const state = ctx.getPartitionedState(seen);
          state.add(1);
          return state.get() >= 3 ? TriggerResult.FIRE : TriggerResult.CONTINUE;
        },
        onEventTime() { return TriggerResult.CONTINUE; },
        onProcessingTime() { return TriggerResult.CONTINUE; },
        clear(window, ctx) { ctx.getPartitionedState(seen).clear(); },
        canMerge() { return true; },
        onMerge(window, ctx) { ctx.mergePartitionedState(seen); },
      })${SUMS}`;
  expect(run(source)).toEqual(["a TimeWindow{start=30, end=41} 28"]);
});

test("an evictor that extends Evictor", () => {
  const even =
    "class Odd extends Evictor { evictBefore(es) { const it = es.iterator(); while (it.hasNext()) if (it.next().getTimestamp() % 2 === 0) it.remove(); } evictAfter() {} }";
  const times = `env.fromData(1, 2, 3, 4).assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(t => t))`;
  expect(
    run(
      `${even} ${times}.windowAll(TumblingEventTimeWindows.of(10)).evictor(new Odd()).reduce((a, b) => a + b).print();`,
    ),
  ).toEqual(["4"]);
});

test("an evictor of the job's own", () => {
  const source = (
    loop: string,
  ) => `${RECORDS}.keyBy(t => t[0]).window(TumblingEventTimeWindows.of(100)).evictor({
      evictBefore(elements, size, window, ctx) { ${loop} },
      evictAfter() {},
    })${SUMS}`;
  const loop = `for (const it = elements.iterator(); it.hasNext();) {
    const element = it.next(); if (element.getTimestamp() < 10 && element.getValue()[0] === "a") it.remove(); }`;
  expect(run(source(loop)).sort()).toEqual([
    "a TimeWindow{start=0, end=100} 9",
    "b TimeWindow{start=0, end=100} 3",
  ]);
  expect(run(source("")).sort()[0]).toBe("a TimeWindow{start=0, end=100} 12");
});

test("an assigner of the job's own, and gaps of each record", () => {
  const assigner = `{ assignWindows: (t, at, ctx) => [new TimeWindow(at - at % 2, at - at % 2 + 2)] }`;
  expect(
    run(`${timed(["a", 2, 1], ["a", 3, 2], ["a", 4, 4])}.keyBy(t => t[0]).window(${assigner})${SUMS}`),
  ).toEqual(["a TimeWindow{start=2, end=4} 3", "a TimeWindow{start=4, end=6} 4"]);
  const withTrigger = assigner.replace("{", "{ getDefaultTrigger: () => CountTrigger.of(1),");
  expect(
    run(`${timed(["a", 2, 1], ["a", 3, 2])}.keyBy(t => t[0]).window(${withTrigger})${SUMS}`),
  ).toHaveLength(2);
  const gaps = (gap: string) =>
    `${timed(["a", 0, 1], ["a", 5, 9], ["a", 13, 3])}.keyBy(t => t[0])
      .window(EventTimeSessionWindows.withDynamicGap(t => ${gap}))${SUMS}`;
  expect(run(gaps("t[2]"))).toEqual(["a TimeWindow{start=0, end=1} 1", "a TimeWindow{start=5, end=16} 12"]);
  expect(run(gaps("0"))[0]).toMatch(/Dynamic session time gap must satisfy 0 < gap/);
});

test("an assigner of the job's own whose windows become one", () => {
  const merging = (merge: string, rest = "") => `class Sessions extends MergingWindowAssigner {
      assignWindows(t, at, ctx) { return [new TimeWindow(at, at + 5)]; }
      mergeWindows(windows, callback) { ${merge} } }
    ${timed(["a", 0, 1], ["a", 4, 2], ["a", 9, 3], ["a", 30, 4])}.keyBy(t => t[0]).window(new Sessions())${rest}`;
  const sessions = "TimeWindow.mergeWindows(windows, callback);";
  const merged = ["a TimeWindow{start=0, end=14} 6", "a TimeWindow{start=30, end=35} 4"];
  expect(run(`${merging(sessions)}${SUMS}`)).toEqual(merged);
  const all = "if (windows.length > 1) callback.merge(windows, new TimeWindow(0, 50));";
  expect(run(`${merging(all)}${SUMS}`)).toEqual(["a TimeWindow{start=0, end=50} 10"]);
  const alone = "callback.merge([windows.at(-1)], new TimeWindow(0, 50));";
  expect(run(`${merging(alone)}${SUMS}`)[0]).toMatch(/must merge windows that it was given/);
  // Those from 30 on are open when the watermark is past 9.
  const late =
    "if (windows.length > 1 && windows[0].getStart() >= 25) callback.merge(windows, new TimeWindow(0, 10));";
  const later = merging(late).replace('["a",30,4]', '["a",30,4],["a",31,5]');
  expect(run(`${later}${SUMS}`).join("")).toContain(
    "The end timestamp of an event-time window cannot become earlier than the current watermark by merging. " +
      "Current watermark: 29 window: TimeWindow{start=0, end=10}",
  );
  const [on, time] = ["onElement() { return 'CONTINUE'; }", "onProcessingTime() { return 'CONTINUE'; }"];
  const trigger = `.trigger(new (class extends Trigger { ${on} ${time} onEventTime() { return 'FIRE'; } clear() {}
    canMerge() { return true; } })())`;
  expect(run(`${merging(sessions, trigger)}${SUMS}`)[0]).toMatch(/This trigger does not support merging/);
  expect(run(`${merging(sessions, ".trigger(ContinuousEventTimeTrigger.of(0))")}${SUMS}`)[0]).toMatch(
    /by zero/,
  );
});

test("the clock's windows", () => {
  const source = `env.fromSource(new DataGeneratorSource(i => ["a", i], 20, RateLimiterStrategy.perSecond(20)),
      WatermarkStrategy.noWatermarks(), "rated")
    .keyBy(t => t[0]).window(TumblingProcessingTimeWindows.of(Duration.ofMillis(250)))
    .apply((key, window, elements, out) => { out.collect([window.getEnd() % 1000, [...elements].length]); }).print();`;
  // A limited source finds its end when its next records would be due; what is left then is never computed, as in Flink.
  const windows = run(source);
  expect(windows.map((line) => line.split(",")[0])).toEqual(["(250", "(500", "(750", "(0"]);
  expect(windows.every((line) => /,[3-7]\)$/.test(line))).toBe(true);
});

test("records of two streams meet in windows", () => {
  const left = timed(["a", 1, 1], ["b", 2, 2], ["a", 11, 3]);
  const right = timed(["a", 3, 10], ["a", 4, 20], ["b", 15, 30]);
  const joined = `(${left}).join(${right}).where(t => t[0]).equalTo(t => t[0]).window(${TENS})`;
  expect(run(`${joined}.apply((l, r) => l[0] + l[2] + r[2]).print();`)).toEqual(["a110", "a120"]);
  expect(
    run(`${joined}.apply({ join(l, r, out) { out.collect(l[2]); out.collect(r[2]); } }).print();`),
  ).toEqual(["1", "10", "1", "20"]);
  const grouped = joined.replace(".join(", ".coGroup(");
  expect(
    run(`${grouped}.apply((ls, rs, out) => out.collect([ls.length, rs.length])).print();`).sort(),
  ).toEqual(["(0,1)", "(1,0)", "(1,0)", "(1,2)"]);
});

test("an interval join", () => {
  const left = timed(["a", 1, 1], ["b", 4, 2], ["a", 12, 3]);
  const right = timed(["a", 3, 10], ["a", 5, 20], ["b", 14, 30], ["a", 17, 40]);
  const join = (rest: string) =>
    `(${left}).keyBy(t => t[0]).intervalJoin((${right}).keyBy(t => t[0])).between(-2, 4)${rest}.process({
      processElement(l, r, ctx, out) {
        out.collect([l[2], r[2], ctx.getLeftTimestamp(), ctx.getRightTimestamp(), ctx.getTimestamp()]); } }).print();`;
  expect(run(join("")).sort()).toEqual(["(1,10,1,3,3)", "(1,20,1,5,5)"]);
  expect(run(join(".upperBoundExclusive()"))).toEqual(["(1,10,1,3,3)"]);
});

test("broadcast state, keyed and not", () => {
  const rules = 'const rules = new MapStateDescriptor("rules");\n';
  const late = (records: string) => `env.fromSource(new DataGeneratorSource(i => ${records}[i], 3,
    RateLimiterStrategy.perSecond(2)), WatermarkStrategy.noWatermarks(), "rated")`;
  const plain = `${rules}${late('["x", "y", "x"]')}.connect(env.fromData(["x", 1], ["y", 2]).broadcast(rules)).process({
    processElement(v, ctx, out) {
      const state = ctx.getBroadcastState(rules);
      out.collect([v, state.get(v), state.contains("z"), [...state.immutableEntries()].length]); },
    processBroadcastElement([k, v], ctx, out) { ctx.getBroadcastState(rules).put(k, v); } }).print();`;
  expect(run(plain).slice(1)).toEqual(["(y,2,false,2)", "(x,1,false,2)"]);
  const keyed = `${rules}const sum = new ValueStateDescriptor("sum");
    env.fromData(["a", 1], ["b", 2], ["a", 4]).keyBy(t => t[0]).connect(${late("[1, 2, 3]")}.broadcast(rules)).process({
      processElement(t, ctx, out) {
        const state = this.getRuntimeContext().getState(sum);
        state.update((state.value() ?? 0) + t[1]); },
      processBroadcastElement(n, ctx, out) {
        if (n === 3) ctx.applyToKeyedState(sum, (key, state) => out.collect([key, state.value()])); } }).print();`;
  expect(run(keyed).sort()).toEqual(["(a,5)", "(b,2)"]);
  const unknown = plain.replace(
    "ctx.getBroadcastState(rules).put",
    'ctx.getBroadcastState(new MapStateDescriptor("other")).put',
  );
  expect(run(unknown)[0]).toMatch(/The requested state does not exist\. Check for typos/);
});

test("asynchronous answers, in order, and what does not come", () => {
  const ask = (mode: string, methods: string) =>
    `AsyncDataStream.${mode}(env.fromSequence(1, 5), { ${methods} }, 1000, 2).print();`;
  const doubled = "asyncInvoke(n, future) { future.complete([n * 2, -n]); }";
  const expected = ["2", "-1", "4", "-2", "6", "-3", "8", "-4", "10", "-5"];
  expect(run(ask("orderedWait", doubled))).toEqual(expected);
  expect(run(ask("unorderedWait", doubled))).toEqual(expected);
  const odd = "asyncInvoke(n, future) { if (n % 2 === 1) future.complete([n]); }";
  expect(run(ask("orderedWait", odd))[0]).toMatch(/Async function call has timed out/);
  const timeout = `${odd}, timeout(n, future) { future.complete([-n]); }`;
  expect(run(ask("orderedWait", timeout))).toEqual(["1", "-2", "3", "-4", "5"]);
  expect(run(ask("unorderedWait", timeout))).toEqual(["1", "3", "-2", "5", "-4"]);
  const fails = "asyncInvoke(n, future) { future.completeExceptionally(new Error('gone')); }";
  expect(run(ask("orderedWait", fails))[0]).toMatch(/Error: gone/);
  expect(run(ask("orderedWait", "async asyncInvoke(n, future) { future.complete([n]); }"))[0]).toMatch(
    /a Promise/,
  );
});

test("what goes wrong is said as Flink says it", () => {
  const none = `env.fromData([["a", 1]]).keyBy(t => t[0]).window(${TENS}).sum(1).print();`;
  expect(run(none)[0]).toMatch(/Record has Long.MIN_VALUE timestamp \(= no timestamp marker\)/);
});
