/** State beside the plain keyed one: on files, with a time-to-live, and lists of the subtask. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, momentOf, submitJob } from "./compile";

const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };
const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

/** What a job prints, and how it failed. */
function run(source: string): string[] {
  const compiled = compileJob(source, 7);
  const lab = submitJob(compiled, scenario);
  lab.advance(TICKS_MAX);
  const { stdout, failure } = momentOf(compiled, lab);
  const lines = stdout.lines.map(({ text }) => text);
  return failure === undefined ? lines : [...lines, failure.message];
}

const ON_FILES = `env.configure(new Configuration().set(StateBackendOptions.STATE_BACKEND, "rocksdb")
  .set(StateBackendOptions.WRITE_BUFFER_SIZE, 200));`;

test("on files, a job has the same state as on the heap", () => {
  const job = `env.fromSequence(1, 60).keyBy(n => n % 7).process(new class extends KeyedProcessFunction {
    open() {
      this.sum = this.getRuntimeContext().getState(new ValueStateDescriptor("sum"));
      this.seen = this.getRuntimeContext().getListState(new ListStateDescriptor("seen"));
      this.counts = this.getRuntimeContext().getMapState(new MapStateDescriptor("counts"));
    }
    processElement(n, ctx, out) {
      this.sum.update((this.sum.value() ?? 0) + n);
      this.seen.add(n);
      this.counts.put(n % 2, (this.counts.get(n % 2) ?? 0) + 1);
      out.collect([this.sum.value(), [...this.seen.get()].length, this.counts.get(0), this.counts.get(1)].join());
    }
  }).print();`;
  const onHeap = run(job);
  expect(onHeap).toHaveLength(60);
  expect(run(`${ON_FILES} ${job}`).sort()).toEqual(onHeap.sort());
  expect(run(`${ON_FILES} env.fromSequence(1, 9).keyBy(n => n % 2).sum(0).print();`)).toContain("25");
});

test("an unknown backend is refused", () => {
  expect(() => run('env.configure(Configuration.fromMap({ "state.backend.type": "forst" }));')).toThrow(
    /one of hashmap, rocksdb/,
  );
});

/** Counts records of one key that come each 10 ms. */
function counting(ttl: string): string {
  return `env.setBufferTimeout(0); env.fromSource(new DataGeneratorSource(i => i, 6, RateLimiterStrategy.perSecond(100)),
      WatermarkStrategy.noWatermarks(), "source")
    .keyBy(() => "key").process(new class extends KeyedProcessFunction {
      open() {
        const descriptor = new ValueStateDescriptor("count");
        descriptor.enableTimeToLive(${ttl});
        this.count = this.getRuntimeContext().getState(descriptor);
      }
      processElement(n, ctx, out) {
        const count = this.count.value() ?? 0;
        if (n % 3 === 0) this.count.update(count + 1);
        out.collect(count);
      }
    }).print();`;
}

test.each(["", ON_FILES])("state ends when it was not touched for its time", (backend) => {
  const ended = `${backend} ${counting("StateTtlConfig.newBuilder(15).build()")}`;
  expect(run(ended)).toEqual(["0", "1", "0", "0", "1", "0"]);
  const read =
    "StateTtlConfig.newBuilder(15).setUpdateType(StateTtlConfig.UpdateType.OnReadAndWrite).build()";
  expect(run(`${backend} ${counting(read)}`)).toEqual(["0", "1", "1", "1", "2", "2"]);
  const seen =
    "StateTtlConfig.newBuilder(Duration.ofMillis(15)).returnExpiredIfNotCleanedUp().disableCleanupInBackground().build()";
  expect(run(`${backend} ${counting(seen)}`)).toEqual(["0", "1", "1", "0", "1", "1"]);
});

test("what a time-to-live cannot be", () => {
  expect(() => run(counting("StateTtlConfig.newBuilder(0).build()"))).not.toThrow();
  expect(run(counting("StateTtlConfig.newBuilder(0).build()")).at(-1)).toContain(
    "TTL is expected to be positive.",
  );
});

test("lists of the subtask", () => {
  const job = `env.fromSequence(1, 6).map(new class extends RichMapFunction {
    initializeState(context) {
      this.restored = context.isRestored();
      this.buffer = context.getOperatorStateStore().getListState(new ListStateDescriptor("buffer"));
      this.all = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor("all"));
    }
    snapshotState(context) { this.all.update([context.getCheckpointId()]); }
    map(n) {
      this.buffer.add(n);
      if (n === 4) this.buffer.update([100]);
      return this.restored + " " + [...this.buffer.get()] + " " + [...this.all.get()].length;
    }
  }).print();`;
  expect(run(job)).toEqual([
    "false 1 0",
    "false 1,2 0",
    "false 1,2,3 0",
    "false 100 0",
    "false 100,5 0",
    "false 100,5,6 0",
  ]);
  const twice = job.replace(
    'getUnionListState(new ListStateDescriptor("all"))',
    'getUnionListState(new ListStateDescriptor("buffer"))',
  );
  expect(run(twice)).toEqual([
    "Map: Error: Incompatible state assignment modes. Was [SPLIT_DISTRIBUTE], registered with [UNION].",
  ]);
});
