/** What is wrong with a job is said in a sentence, with its line and column. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, submitJob } from "./compile";
import { JobBuildError } from "./errors";
import { loadParser } from "./parser";

const scenario: ScenarioOptions = { seed: 1, taskManagers: 1, slotsPerTaskManager: 4, files: {} };

beforeAll(loadParser);
beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

/** `kind line:column message` of what a job is rejected for. */
function rejection(source: string): string {
  try {
    submitJob(compileJob(source, 1), scenario).free();
  } catch (error) {
    if (!(error instanceof JobBuildError)) throw error;
    const at = error.at === undefined ? "-" : `${error.at.line}:${error.at.column}`;
    return `${error.kind} ${at} ${error.message}`;
  }
  return "accepted";
}

test("a syntax error", () => {
  expect(rejection("env.fromSequence(1, 3)\n  .map(n => );\n")).toBe("syntax 2:13 Unexpected token.");
  expect(rejection("const a = 1;\nconst a = 2;")).toMatch(/^syntax 2:7 /);
  expect(rejection("with (env) { print(); }")).toMatch(/^syntax 1:1 /);
  expect(rejection("\n  import x from 'y';")).toBe(
    "syntax 2:3 A job has no imports and exports: env and the names of the API are in scope.",
  );
});

test("an unknown method, with the nearest name", () => {
  expect(rejection("env.fromSequence(1, 3)\n  .mpa(n => n).print();")).toBe(
    'api 2:4 DataStreamSource has no method "mpa". Did you mean map?',
  );
  expect(rejection("env.fromData(1).keyBy(n => n).setParallelism(2);")).toBe(
    'api 1:31 KeyedStream has no method "setParallelism". Did you mean getParallelism?',
  );
  expect(rejection("const d = Duration.ofSecond(1);")).toBe(
    'api 1:20 Duration has no method "ofSecond". Did you mean ofSeconds?',
  );
  expect(rejection("const w = TumblingEventTimeWindows\n  .off(5);")).toMatch(
    /^api 2:4 .* Did you mean of\?$/,
  );
  expect(rejection("env.fromData(1).window(TumblingWindows.of(5));")).toMatch(/^api 1:17 /);
  expect(rejection("const w = TumblingEventTimeWindow.of(5);")).toBe(
    "api 1:11 TumblingEventTimeWindow is not defined. Did you mean TumblingEventTimeWindows?",
  );
});

test("what Flink has and is not there says why", () => {
  expect(rejection("env.fromElements(1).print();")).toBe(
    "api 1:5 StreamExecutionEnvironment.fromElements() is not there: it makes a source of Flink's former kind, deprecated there: write fromData(...), which is the same of the new kind.",
  );
  expect(rejection("const all = env.fromData(1)\n  .keyBy(n => n).executeAndCollect(3);")).toMatch(
    /^api 2:18 KeyedStream.executeAndCollect\(\) is not there: the job runs when all of this code has/,
  );
  expect(rejection("env.fromData(1).map(n => n).cache().print();")).toMatch(
    /^api 1:29 SingleOutputStreamOperator.cache\(\) is not there: /,
  );
  expect(rejection("env.fromData(1).addMetricVariable('a', 'b').print();")).toMatch(
    /^api 1:17 DataStreamSource.addMetricVariable\(\) is not there: /,
  );
});

test("what Flink checks at the call", () => {
  expect(rejection("env.setParallelism(-2);")).toBe(
    "api 1:5 The environment's parallelism is -2. Give at least 1.",
  );
  expect(rejection("env.fromData(1)\n.map(n => n)\n  .setParallelism(-1)")).toMatch(
    /^api 3:4 The parallelism of "Map" is -1/,
  );
  expect(rejection("env\n   .setMaxParallelism(40000);")).toMatch(/^api 2:5 .*40000.*32768/);
  expect(rejection("env.fromData(1).setMaxParallelism(40000);")).toMatch(/^api 1:17 /);
  expect(rejection("env.fromData(1).setParallelism(1.5);")).toMatch(/^api 1:17 .*whole number/);
  expect(rejection("env.fromSequence(5, 1)")).toMatch(/^api 1:5 .*starts after its end/);
  expect(rejection("env.fromData()")).toMatch(/^api 1:5 /);
  expect(rejection("env.fromData(1, null)")).toMatch(/^api 1:5 Element 2/);
  expect(rejection("env.fromData(new Date(0))")).toMatch(
    /^api 1:5 Element 1 of fromData: A record cannot hold a Date/,
  );
});

test("what windows and joins refuse, in the words of Flink", () => {
  const windowed = 'env.fromData([["a", 1]]).keyBy(t => t[0])\n  .window(';
  for (const [assigner, words] of [
    ["EventTimeSessionWindows.withGap(0)", "EventTimeSessionWindows parameters must satisfy 0 < size"],
    ["EventTimeSessionWindows.withGap(-5)", "EventTimeSessionWindows parameters must satisfy 0 < size"],
    [
      "ProcessingTimeSessionWindows.withGap(Duration.ofSeconds(-1))",
      "ProcessingTimeSessionWindows parameters must satisfy 0 < size",
    ],
    [
      "TumblingEventTimeWindows.of(5, 5)",
      "TumblingEventTimeWindows parameters must satisfy abs(offset) < size",
    ],
    [
      "SlidingProcessingTimeWindows.of(10, 2, -2)",
      "SlidingProcessingTimeWindows parameters must satisfy abs(offset) < slide and size > 0",
    ],
    [
      "SlidingEventTimeWindows.of(Duration.ofDays(1), 1)",
      "SlidingEventTimeWindows parameters must satisfy size / slide <= 10000000",
    ],
  ] as const) {
    const found = rejection(`${windowed}${assigner}).sum(1).print();`);
    const column = 11 + assigner.indexOf(".") + 1;
    expect(found.startsWith(`api 2:${column} ${words}, but `), `${assigner}: ${found}`).toBe(true);
  }
  expect(
    rejection(`${windowed}TumblingEventTimeWindows.of(5))\n  .allowedLateness(-1).sum(1).print();`),
  ).toMatch(/^api 3:4 The allowed lateness cannot be negative/);
  const pair = 'const a = env.fromData([["a", 1]]);\na.join(a).where(t => t[0]).equalTo(t => t[0])\n';
  expect(rejection(`${pair}  .apply((a, b) => a).print();`)).toBe(
    'api 3:4 JoinEqualTo has no method "apply". It has window.',
  );
  expect(rejection(`${pair}  .window(TumblingEventTimeWindows.of(5)).print();`)).toMatch(
    /^api 3:43 .*no method "print"/,
  );
});

test("what Flink checks in the graph", () => {
  expect(
    rejection(
      "env.setParallelism(2);\nenv.fromSequence(1, 3).forward()\n  .map(n => n).setParallelism(3).print();",
    ),
  ).toMatch(/^graph 3:4 forward\(\) needs the same parallelism/);
  expect(rejection('env.fromSequence(1, 3).uid("a")\n  .map(n => n).uid("a")\n  .print();')).toMatch(
    /^graph \d:\d+ The uid "a" is given twice/,
  );
  expect(rejection("\nenv.fromSequence(1, 3)\n  .rebalance();")).toMatch(/^graph 3:4 No operators defined/);
  expect(rejection("const a = 1;")).toMatch(/^graph - No operators defined/);
});

test("streams of another environment", () => {
  const other = "const other = StreamExecutionEnvironment.getExecutionEnvironment();\n";
  expect(rejection(`${other}env.fromData(1)\n  .union(other.fromData(2)).print();`)).toMatch(
    /^api 3:4 union got a stream of another StreamExecutionEnvironment/,
  );
  expect(rejection(`${other}env.fromData(1).print();\nother.fromData(2).print();`)).toMatch(
    /^api 3:7 Streams were made in two environments/,
  );
  expect(rejection(`${other}other.fromData(1).print(); other.execute("mine");`)).toBe("accepted");
  expect(
    rejection("const env = StreamExecutionEnvironment.getExecutionEnvironment();\nenv.fromData(1).print();"),
  ).toBe("accepted");
});

test("wrong arguments", () => {
  expect(rejection("env.fromData(1).keyBy(0);")).toMatch(
    /^api 1:17 keyBy\(key\) takes a function .*got the number 0/,
  );
  expect(rejection("env.fromData(1).map();")).toMatch(/^api 1:17 .*got nothing/);
  expect(rejection("env.fromData('a').flatMap(l => l.split(' '));")).toMatch(
    /^api 1:19 .*no second parameter/,
  );
  expect(rejection("env.fromData(1).map(async n => n);")).toMatch(/^api 1:17 .*async function/);
  expect(
    rejection(
      "class F extends KeyedProcessFunction { processElement() {} }\nenv.fromData(1).keyBy(n => n).process(F);",
    ),
  ).toMatch(/^api 2:31 .*got the class F: pass an instance/);
  expect(rejection("env.fromData(1).process({ processelement() {} });")).toMatch(
    /^api 1:17 .*has no method processElement \(it has processelement\)/,
  );
  expect(
    rejection("class F { #n = 1; processElement() { this.#n; } }\nenv.fromData(1).process(new F());"),
  ).toMatch(/^api 2:17 .*private member #n/);
  expect(rejection("env.fromData(1).union(3);")).toMatch(/^api 1:17 .*takes a stream/);
  expect(rejection("env.fromData(1).sinkTo('x');")).toMatch(/^api 1:17 .*as in new DiscardingSink\(\)/);
  expect(rejection("env.setRuntimeMode('FAST');")).toMatch(/^api 1:5 .*STREAMING, BATCH, AUTOMATIC/);
  expect(rejection("env.fromData(1).keyBy(n => n).rebalance();")).toMatch(
    /^api 1:31 A keyed stream is already/,
  );
});

test("what a job's own code throws", () => {
  expect(rejection("const f = x => x.y.z;\nf(1);")).toMatch(/^api 1:20 TypeError: /);
  expect(rejection("throw new Error('no');")).toBe("api 1:7 Error: no");
  expect(rejection("env.execute();\nenv.fromData(1).print();")).toMatch(
    /^api 2:5 What is built after env.execute/,
  );
  expect(rejection("setTimeout(() => 1, 5);")).toMatch(/^api 1:1 setTimeout\(\) is not there for a job/);
});
