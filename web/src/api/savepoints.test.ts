/** Tables written exactly once, checkpoints in files, and a job that stops with a savepoint and goes on from its file. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { readFiles } from "../engine/files";
import type { CheckpointRows } from "../engine/checkpoints";
import { loadEngine } from "../engine/load";
import type { Lab } from "../engine/native";
import type { ScenarioCommand, ScenarioOptions, SnapshotStart } from "../engine/protocol";
import { compileJob, momentOf, submitJob } from "./compile";

const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

const job = (last: string): string => `env.enableCheckpointing(50);
  env.configure(Configuration.fromMap({
    "execution.checkpointing.dir": "hdfs:///flink/checkpoints",
    "execution.checkpointing.data-inline-threshold": "0",
  }));
  env.fromSource(new DataGeneratorSource(i => i, 60, RateLimiterStrategy.perSecond(200)),
      WatermarkStrategy.noWatermarks(), "numbers").uid("numbers")
    .keyBy(n => n % 3).sum(0).uid("sums")
    ${last}.sinkTo(new TableSink("sums", "EXACTLY_ONCE")).uid("table");`;

interface Ran {
  readonly lab: Lab;
  /** Rows by table. */
  readonly rows: (table: string) => string[];
}

function run(source: string, command?: ScenarioCommand, from?: SnapshotStart): Ran {
  const commands = command === undefined ? [] : [{ tick: 150, command }];
  const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {}, commands };
  const compiled = compileJob(source, 7);
  const lab = submitJob(compiled, scenario, from);
  lab.advance(TICKS_MAX);
  const { stdout, failure } = momentOf(compiled, lab);
  expect(failure).toBeUndefined();
  return {
    lab,
    rows: (table) => stdout.lines.filter(({ stream }) => stream === table).map(({ text }) => text),
  };
}

const filesOf = ({ lab }: Ran) => readFiles(lab.files() as CheckpointRows);

test("a table that is written exactly once shows what was committed, and all that was written beside it", () => {
  const whole = run(job(""));
  expect(whole.rows("sums")).toHaveLength(60);
  expect(whole.rows("sums (all)").toSorted()).toEqual(whole.rows("sums").toSorted());
  expect(() => run(job("").replace('"EXACTLY_ONCE"', '"MOSTLY"'))).toThrow(/EXACTLY_ONCE, AT_LEAST_ONCE/);
});

test("a job that stopped with a savepoint goes on from its file, changed or not", () => {
  const whole = run(job(""));
  const first = run(job(""), { kind: "stopWithSavepoint" });
  const { files, fault } = filesOf(first);
  expect(fault).toBeNull();
  expect(files.every(({ need }) => need === "savepoint")).toBe(true);
  const metadata = files.find(({ path }) => path.endsWith("/_metadata"))!;
  const [bytes, text] = first.lab.fileContents(metadata.path) as [Uint8Array, string];
  expect(bytes).toHaveLength(metadata.bytes);
  expect(text).toMatch(/^_metadata: .* which is right\.$/);

  const [checkpoint] = metadata.users;
  const saved = first.lab.exportSnapshot(checkpoint!) as Uint8Array;
  expect(first.lab.exportSnapshot(99)).toBeNull();
  const second = run(job(".map(sum => sum)"), undefined, { bytes: saved });
  // What the first page has committed, the second one's external system knows of.
  const both = [...first.rows("sums"), ...second.rows("sums")];
  expect(both.toSorted()).toEqual(whole.rows("sums").toSorted());

  const without = job("").replace(".sum(0)", ".reduce((a, b) => a + b)").replace('"sums")\n', '"other")\n');
  expect(() => run(without, undefined, { bytes: saved })).toThrow(/--allowNonRestoredState/);
  run(without, undefined, { bytes: saved, allowNonRestoredState: true });
  saved[saved.length - 20]! ^= 1;
  expect(() => run(job(""), undefined, { bytes: saved })).toThrow(
    /The savepoint cannot be loaded: .* Save it again/,
  );
});

test("a savepoint whose state is of another type than the job declares is refused at the restore", () => {
  const counting = (keyType: string, descriptor: string): string => `env.enableCheckpointing(50);
    env.fromSource(new DataGeneratorSource(i => i, 60, RateLimiterStrategy.perSecond(200)),
        WatermarkStrategy.noWatermarks(), "numbers").uid("numbers")
      .keyBy(n => n % 3${keyType}).process(new class extends KeyedProcessFunction {
        open() { this.count = this.getRuntimeContext().getState(new ValueStateDescriptor("count"${descriptor})); }
        processElement(n, ctx, out) {
          this.count.update((this.count.value() ?? 0) + 1);
          out.collect([ctx.getCurrentKey(), this.count.value()].join());
        }
      }).uid("counts").print();`;
  const saved = (source: string): Uint8Array => {
    const first = run(source, { kind: "stopWithSavepoint" });
    const metadata = filesOf(first).files.find(({ path }) => path.endsWith("/_metadata"))!;
    return first.lab.exportSnapshot(metadata.users[0]!) as Uint8Array;
  };
  const bytes = saved(counting("", ""));
  expect(run(counting(", Types.LONG", ", Types.LONG"), undefined, { bytes }).rows("stdout")).toContain(
    "0,20",
  );
  const refused = (source: string) => {
    const compiled = compileJob(source, 7);
    const lab = submitJob(
      compiled,
      { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} },
      { bytes },
    );
    lab.advance(500);
    const { topology } = momentOf(compiled, lab);
    return topology?.exceptions?.at(0)?.failure;
  };
  expect(refused(counting("", ", Types.STRING"))).toMatch(
    /^StateMigrationException: For heap backends, the new state serializer \(StringSerializer\) must not be incompatible with the old state serializer \(LongSerializer\)\.$/,
  );
  expect(refused(counting(", Types.STRING", ""))).toMatch(
    /The new key serializer \(StringSerializer\) must be compatible with the previous key serializer \(LongSerializer\)/,
  );
  const open = ", Types.POJO({ sum: Types.TUPLE(Types.LONG, Types.STRING) })";
  expect(refused(counting("", open))).toContain("(PojoSerializer<sum: TupleSerializer<LongSerializer");
  expect(refused(counting("", ", 'LONG'"))).toContain("takes a TypeInformation, as in Types.LONG");
});

test("a state that holds nothing is refused where its type is another", () => {
  const unused = (type: string): string => `env.enableCheckpointing(50);
    env.fromSource(new DataGeneratorSource(i => i, 60, RateLimiterStrategy.perSecond(200)),
        WatermarkStrategy.noWatermarks(), "numbers").uid("numbers")
      .keyBy(n => n % 3).process(new class extends KeyedProcessFunction {
        open() { this.getRuntimeContext().getState(new ValueStateDescriptor("unused"${type})); }
        processElement(n, ctx, out) { out.collect(n); }
      }).uid("passes").print();`;
  const first = run(unused(", Types.LONG"), { kind: "stopWithSavepoint" });
  const metadata = filesOf(first).files.find(({ path }) => path.endsWith("/_metadata"))!;
  const bytes = first.lab.exportSnapshot(metadata.users[0]!) as Uint8Array;
  const refused = (type: string) => {
    const compiled = compileJob(unused(type), 7);
    const scenario = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };
    const lab = submitJob(compiled, scenario, { bytes });
    lab.advance(500);
    return momentOf(compiled, lab).topology?.exceptions?.at(0)?.failure;
  };
  expect(refused(", Types.STRING")).toMatch(
    /the new state serializer \(StringSerializer\) must not be incompatible with the old state serializer \(LongSerializer\)/,
  );
  expect(refused("")).toBeUndefined();
  expect(run(unused(", Types.LONG"), undefined, { bytes }).rows("stdout").length).toBeGreaterThan(0);
});

test("types of broadcast state and of the keys of connected streams are checked too", () => {
  const job = (keyType: string, valueType: string): string => `env.enableCheckpointing(50);
    const numbers = env.fromSource(new DataGeneratorSource(i => i, 60, RateLimiterStrategy.perSecond(200)),
        WatermarkStrategy.noWatermarks(), "numbers").uid("numbers");
    const count = new ValueStateDescriptor("count");
    numbers.connect(numbers).keyBy(n => n % 3, n => n % 3${keyType}).process(new class extends KeyedCoProcessFunction {
      open() { this.count = this.getRuntimeContext().getState(count); }
      processElement1(n, ctx, out) { this.count.update(n); }
      processElement2(n, ctx, out) { this.count.update(n); }
    }).uid("connected").print();
    const rules = new MapStateDescriptor("rules", Types.STRING, ${valueType});
    numbers.connect(env.fromData(1, 2).uid("rules").broadcast(rules)).process(new class extends BroadcastProcessFunction {
      processElement(n, ctx, out) { out.collect(ctx.getBroadcastState(rules).get("rule 1")); }
      processBroadcastElement(n, ctx, out) { ctx.getBroadcastState(rules).put("rule " + n, n); }
    }).uid("ruled").print();`;
  const first = run(job("", "Types.LONG"), { kind: "stopWithSavepoint" });
  const metadata = filesOf(first).files.find(({ path }) => path.endsWith("/_metadata"))!;
  const bytes = first.lab.exportSnapshot(metadata.users[0]!) as Uint8Array;
  const refused = (source: string) => {
    const compiled = compileJob(source, 7);
    const scenario = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };
    const lab = submitJob(compiled, scenario, { bytes });
    lab.advance(500);
    return momentOf(compiled, lab).topology?.exceptions?.at(0)?.failure;
  };
  expect(refused(job(", Types.LONG", "Types.LONG"))).toBeUndefined();
  expect(refused(job(", Types.STRING", "Types.LONG"))).toContain(
    "The new key serializer (StringSerializer) must be",
  );
  expect(refused(job("", "Types.STRING"))).toContain(
    "The new value serializer for broadcast state must not be",
  );
});

test("a file system that fails is seen, and mended", () => {
  const broken = run(job(""), { kind: "failFileSystem", full: true });
  expect(filesOf(broken).fault).toBe("full");
  expect(() => run(job(""), { kind: "loseFile", path: "nothing" })).not.toThrow();
});
