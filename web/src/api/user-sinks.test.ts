/** Functions that hear of checkpoints, operator state by broadcast, and sinks that a job writes. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, momentOf, submitJob } from "./compile";

const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

interface Ran {
  readonly rows: (table: string) => string[];
  readonly failure: string | undefined;
  readonly exceptions: readonly string[];
}

function run(source: string, options: Partial<ScenarioOptions> = {}): Ran {
  const compiled = compileJob(source, 7);
  const lab = submitJob(compiled, {
    seed: 7,
    taskManagers: 2,
    slotsPerTaskManager: 4,
    files: {},
    ...options,
  });
  lab.advance(TICKS_MAX);
  const { stdout, failure, topology } = momentOf(compiled, lab);
  return {
    rows: (table) => stdout.lines.filter(({ stream }) => stream === table).map(({ text }) => text),
    failure: failure?.message,
    exceptions: (topology?.exceptions ?? []).map(({ failure }) => failure),
  };
}

const NUMBERS = `env.enableCheckpointing(50);
  env.configure(Configuration.fromMap({ "restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.delay": "20 ms" }));
  env.fromSource(new DataGeneratorSource(i => i, 60, RateLimiterStrategy.perSecond(200)),
      WatermarkStrategy.noWatermarks(), "numbers")`;

/** A task fails once, between two checkpoints. */
const FAILS: Partial<ScenarioOptions> = {
  processFaults: [{ tick: 190, fault: { kind: "failTask", task: 1 } }],
};

test("a function hears which checkpoints are complete", () => {
  const { rows } = run(`const heard = new ExternalTable("heard");
    ${NUMBERS}.map(new class extends RichMapFunction {
      map(n) { return n; }
      notifyCheckpointComplete(id) { heard.insert("complete " + id); }
      notifyCheckpointAborted(id) { heard.insert("aborted " + id); }
    }).print();`);
  expect(rows("heard").slice(0, 3)).toEqual(["complete 1", "complete 2", "complete 3"]);
});

test("a function keeps broadcast state, and finds it again", () => {
  const { rows } = run(
    `${NUMBERS}.rebalance().map(new class extends RichMapFunction {
      initializeState(context) {
        this.seen = context.getOperatorStateStore().getBroadcastState(new MapStateDescriptor("seen"));
        this.restored = context.isRestored();
      }
      snapshotState() {}
      map(n) {
        this.seen.put("count", (this.seen.get("count") ?? 0) + 1);
        return [this.restored, this.seen.get("count") - n];
      }
    }).print();`,
    FAILS,
  );
  expect(new Set(rows("stdout"))).toEqual(new Set(["(false,1)", "(true,1)"]));
});

const SINK = (commit: string): string => `const table = new ExternalTable("sums");
  class Summing {
    createWriter(context) {
      return {
        sum: 0, count: 0, subtask: context.getTaskInfo().getIndexOfThisSubtask(), flushed: 0,
        write(n) { this.sum += n; this.count++; },
        flush(endOfInput) { this.flushed += endOfInput ? 100 : 1; },
        prepareCommit() {
          if (this.count === 0) return [];
          const prepared = { name: this.subtask + "-" + this.flushed + "-" + this.sum, rows: [this.sum, this.count] };
          [this.sum, this.count] = [0, 0];
          return [prepared];
        },
        snapshotState() { return [this.flushed]; },
      };
    }
    restoreWriter(context, [flushed]) { return Object.assign(this.createWriter(context), { flushed }); }
    createCommitter() { return { commit(requests) { ${commit} } }; }
  }
  ${NUMBERS}.rebalance().sinkTo(new Summing()).name("summing");`;

const COMMIT = `for (const request of requests) {
  const { name, rows } = request.getCommittable();
  table.commit(name, [rows]);
}`;

const total = (rows: readonly string[], place: number): number =>
  rows.reduce((sum, row) => sum + Number(row.replace(/[()]/g, "").split(",")[place]), 0);

test("a sink of the job commits each epoch once, also when a task fails", () => {
  for (const options of [{}, FAILS]) {
    const { rows, failure } = run(SINK(COMMIT), options);
    expect(failure).toBeUndefined();
    expect([total(rows("sums"), 0), total(rows("sums"), 1)]).toEqual([(59 * 60) / 2, 60]);
    expect(rows("sums").length).toBeGreaterThan(3);
  }
});

test("a committer may try again, ten times at most, and leave or refuse what it cannot commit", () => {
  const later = `for (const request of requests) {
    if (request.getNumberOfRetries() < 10) {
      const { name, rows } = request.getCommittable();
      request.updateAndRetryLater({ name, rows: [rows[0] + 1, rows[1]] });
    } else table.commit(request.getCommittable().name, [request.getCommittable().rows]);
  }`;
  const tried = run(SINK(later)).rows("sums");
  expect([total(tried, 0), total(tried, 1)]).toEqual([(59 * 60) / 2 + 10 * tried.length, 60]);
  const never = run(SINK("requests.forEach(request => request.retryLater());"));
  expect(never.failure).toMatch(/Failed to commit 1 committables after 10 retries/);
  const left = run(SINK("requests.forEach(request => request.signalFailedWithKnownReason('no table'));"));
  expect([left.failure, left.rows("sums")]).toEqual([undefined, []]);
  const refused = run(SINK("requests[0].signalFailedWithUnknownReason(new Error('no table'));"));
  expect(refused.failure).toMatch(/IllegalStateException: Failed to commit .*Caused by: no table/);
  expect(run(`${NUMBERS}.sinkTo({ createWriter: () => ({ write() {} }) });`).failure).toContain(
    "What createWriter(context) makes is a writer: it needs flush.",
  );
});

test("checkpoint options have Flink's keys", () => {
  expect(() =>
    run('env.configure(Configuration.fromMap({ "execution.checkpointing.intervall": "1 s" }));'),
  ).toThrow("Weir knows no option execution.checkpointing.intervall.");
  const { rows } = run(`env.configure(new Configuration()
      .set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(50))
      .set(CheckpointingOptions.ENABLE_UNALIGNED, true));
    ${NUMBERS.replace("env.enableCheckpointing(50);", "")}.map(new class extends RichMapFunction {
      map(n) { return n; }
      notifyCheckpointComplete(id) { new ExternalTable("heard").insert(id); }
    }).print();`);
  expect(rows("heard").slice(0, 2)).toEqual(["1", "2"]);
});
