/** The twelve phases, in order, in the trace of a run; and the feed that keeps what was seen over the way back. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { compileJob, submitJob } from "../api/compile";
import { loadEngine } from "../engine/load";
import type { FromEngine, TraceEntry } from "../engine/protocol";
import { PHASES } from "../model/phases";
import { ALL, sequence } from "../model/sequence";
import type { Run, Session } from "./session";
import { TraceFeed } from "./trace-feed";

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

function traceOf(source: string, ticks: number): readonly TraceEntry[] {
  const lab = submitJob(compileJob(source, 1), {
    seed: 1,
    taskManagers: 2,
    slotsPerTaskManager: 1,
    files: {},
  });
  lab.seek(ticks, 0);
  return (lab.trace(0, 10_000) as { entries: readonly TraceEntry[] }).entries;
}

test("a job goes through the twelve phases in their order", () => {
  const entries = traceOf(
    "env.setParallelism(2); env.fromSequence(1, 20).map((n) => [n, 1]).keyBy((t) => t[0]).sum(1).print();",
    10_000,
  );
  const begin = PHASES.map((_, at) => entries.findIndex(({ phase }) => phase === at + 1));
  expect(begin).not.toContain(-1);
  expect(begin).toEqual([...begin].sort((a, b) => a - b));
  const titles = sequence(entries, ALL).rows.flatMap((row) => (row.kind === "phase" ? [row.phase] : []));
  expect(titles).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test("of a batch job each region is deployed anew", () => {
  const source =
    'env.setRuntimeMode("BATCH"); env.setParallelism(2); env.fromSequence(1, 20).map((n) => [n % 2, 1]).keyBy((t) => t[0]).sum(1).print();';
  const titles = sequence(traceOf(source, 10_000), ALL).rows.flatMap((row) =>
    row.kind === "phase" ? [row.phase] : [],
  );
  expect(titles.filter((phase) => phase === 9)).toHaveLength(2);
  expect(titles.at(-1)).toBe(12);
});

function entries(count: number): TraceEntry[] {
  return Array.from({ length: count }, (_, number) => ({
    ...{ number, tick: number, kind: "rpc" },
    ...{ from: "Client", to: "Dispatcher", text: `message ${number}` },
    ...{ sentAt: number, phase: 0, fate: "" },
  }));
}

/** A feed over a run of which so many entries have happened. */
function feedOver(wanted: ((entry: TraceEntry) => boolean) | null = null): {
  feed: TraceFeed;
  happen: (count: number) => Promise<void>;
  command: () => void;
} {
  let all = entries(0);
  const session = {
    run: {} as Run,
    look: (request: { from: number; limit: number }) => {
      const page = all.slice(request.from, request.from + request.limit);
      return Promise.resolve({ kind: "trace", request: 0, entries: page, total: all.length } as FromEngine);
    },
  };
  const feed = new TraceFeed(session as unknown as Session, () => undefined, wanted);
  return {
    feed,
    happen: (count) => {
      all = entries(count);
      return feed.ask();
    },
    command: () => {
      session.run = {} as Run;
    },
  };
}

test("the feed reads page by page and keeps what was seen over the way back", async () => {
  const { feed, happen, command } = feedOver();
  await happen(1200);
  expect([feed.entries.length, feed.total]).toEqual([1200, 1200]);
  await happen(10);
  expect([feed.entries.length, feed.total]).toEqual([1200, 10]);
  command();
  await happen(11);
  expect([feed.entries.length, feed.total]).toEqual([11, 11]);
});

test("the feed leaves out the oldest, and says how many", async () => {
  const { feed, happen } = feedOver();
  await happen(4000);
  await happen(7000);
  expect([feed.missing, feed.entries.length, feed.entries[0]?.number]).toEqual([2000, 5000, 2000]);
  await happen(20_000);
  expect([feed.missing, feed.entries.length, feed.entries[0]?.number]).toEqual([15_000, 5000, 15_000]);
  await happen(100);
  expect([feed.missing, feed.entries.length]).toEqual([0, 100]);
});

test("a feed that wants few entries finds them from the beginning on", async () => {
  const { feed, happen } = feedOver(({ number }) => number % 1000 === 1);
  await happen(20_000);
  expect([feed.missing, feed.entries.length, feed.entries[0]?.number, feed.total]).toEqual([
    0, 20, 1, 20_000,
  ]);
  await happen(100);
  await happen(20_002);
  expect([feed.entries.length, feed.entries.at(-1)?.number]).toEqual([21, 20_001]);
});
