/** What the examples of checkpoints say is so: where barriers are, who is waited for, what is committed and shared. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { compileJob, momentOf, submitJob } from "../api/compile";
import { readCheckpoints, type CheckpointRows } from "../engine/checkpoints";
import { loadEngine } from "../engine/load";
import type { Lab } from "../engine/native";
import type { CheckpointEntry, Checkpoints, SnapshotStart, TaskDetail, Topology } from "../engine/protocol";
import type { ExampleId } from "./catalog";
import { contentOf } from "./content";
import { EXAMPLES } from "./examples";

/** A machine may be busy with other things. */
vi.setConfig({ testTimeout: 120_000 });

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

/** Longer than any example takes. */
const TICKS_MAX = 1_000_000;

interface Seen {
  readonly checkpoints: Checkpoints;
  /** What a checkpoint waits for, or how the last one ended. */
  readonly words: string;
  readonly of: (id: number) => CheckpointEntry;
  /** How far a task is with the oldest checkpoint under way. */
  readonly phase: (task: string) => string | undefined;
  /** How many rows a table has. */
  readonly rows: (table: string) => number;
  readonly texts: (table: string) => readonly string[];
  readonly task: (name: string) => TaskDetail;
}

interface Run {
  readonly lab: Lab;
  /** The ticks at which the example names moments. */
  readonly ticks: readonly number[];
  readonly at: (tick: number) => Seen;
}

async function open(
  id: ExampleId,
  change: (source: string) => string = (source) => source,
  from?: SnapshotStart,
): Promise<Run> {
  const { source, watch } = await contentOf(id);
  const { taskManagers, slots, speeds, speedChanges, segmentBytes, processFaults } = EXAMPLES[id];
  const compiled = compileJob(change(source), 42);
  const lab = submitJob(
    compiled,
    {
      seed: 42,
      taskManagers,
      slotsPerTaskManager: slots,
      files: {},
      ...(speeds === undefined ? {} : { speeds }),
      ...(speedChanges === undefined ? {} : { speedChanges }),
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
      ...(processFaults === undefined ? {} : { processFaults }),
    },
    from,
  );
  const lines: { stream: string; text: string }[] = [];
  let topology: Topology | undefined;
  const at = (tick: number): Seen => {
    lab.seek(tick, 0);
    const moment = momentOf(compiled, lab);
    topology = moment.topology ?? topology;
    lines.splice(moment.stdout.from, Infinity, ...moment.stdout.lines);
    const checkpoints = readCheckpoints(lab.checkpoints() as CheckpointRows);
    const texts = (table: string): string[] =>
      lines.filter(({ stream }) => stream === table).map(({ text }) => text);
    const place = (name: string): number => {
      const found = topology!.tasks.findIndex((task) => task.name === name);
      expect(found, name).toBeGreaterThanOrEqual(0);
      return found;
    };
    return {
      checkpoints,
      words: checkpoints.sentence.map(({ text }) => text).join(""),
      of: (id) => checkpoints.history.find((entry) => entry.id === id)!,
      phase: (name) => {
        const open = checkpoints.history.find(({ status }) => status === "inProgress");
        return open?.progress.find(({ task }) => task === place(name))?.phase;
      },
      rows: (table) => texts(table).length,
      texts,
      task: (name) => lab.inspectTask(place(name)) as TaskDetail,
    };
  };
  return { lab, ticks: (watch ?? []).map(({ tick }) => tick), at };
}

const sum = (entry: CheckpointEntry, of: "size" | "written" | "processed" | "inFlight"): number =>
  entry.subtasks.reduce((all, subtask) => all + subtask[of], 0);
const took = ({ triggered, ended }: CheckpointEntry): number => ended! - triggered;
/** The number of whole units that the page would say. */
const kib = (bytes: number): number => Math.round(bytes / 1024);

test("a barrier's way: from the sources to the last task, and back", async () => {
  const { ticks, at } = await open("barriers");
  const [first, second] = [
    "Source: Sequence Source -> numbers (1/2)",
    "Source: Sequence Source -> numbers (2/2)",
  ];
  const [one, two] = ["sum -> Sink: Print to Std. Out (1/2)", "sum -> Sink: Print to Std. Out (2/2)"];
  const phases = (seen: Seen): (string | undefined)[] => [first, second, one, two].map(seen.phase);
  const barriers = (seen: Seen, name: string): number =>
    seen
      .task(name)
      .outputs.flatMap(({ subpartitions }) => subpartitions)
      .filter(({ buffers }) => buffers.at(-1)?.event === "CheckpointBarrier").length;
  const [called, written, aligning, taken, straggling, complete] = ticks.map((tick) => {
    const seen = at(tick);
    return { seen, phases: phases(seen), sent: [first, second].map((name) => barriers(seen, name)) };
  });
  expect(called!.phases).toEqual(["notReached", "notReached", "notReached", "notReached"]);
  expect(called!.seen.words).toContain("has not been told of it yet. 0 of 4");
  expect(written!.phases).toEqual(["writing", "writing", "notReached", "notReached"]);
  expect(Math.min(...written!.sent), "barriers in the queues of each source").toBeGreaterThan(0);
  expect(aligning!.phases[2]).toBe("aligning");
  expect(aligning!.seen.words).toContain("has its barrier on 1 of 2 channels");
  expect(taken!.phases[2]).toBe("writing");
  expect(straggling!.phases.slice(2)).toEqual(["acknowledged", "notReached"]);
  expect(straggling!.seen.words).toContain(`waits: ${two} has its barrier on 0 of 2 channels`);
  const keys = (name: string): number => straggling!.seen.task(name).keyedState.length;
  expect(keys(two)).toBeGreaterThan(keys(one));
  expect(complete!.seen.words).toContain("Checkpoint 1 was complete");
  expect(at(ticks.at(-1)! - 1).of(1).status).toBe("inProgress");
});

describe("aligned against unaligned, with the same seed", () => {
  const unaligned = async (): Promise<Run> =>
    open("unaligned", (await contentOf("unaligned")).beside!.change);

  test("barriers that overtake do not wait, and take with them what they overtook", async () => {
    const [aligned, other] = [await open("unaligned"), await unaligned()];
    const [begun, done, old, second, late] = aligned.ticks.map((tick) => [aligned.at(tick), other.at(tick)]);
    expect(begun![1]!.of(2)).toMatchObject({ status: "inProgress", triggered: 648 });
    expect(took(done![1]!.of(2))).toBe(8);
    expect(sum(done![1]!.of(2), "inFlight")).toBeGreaterThan(16_000);
    expect(done![1]!.of(2).subtasks.some((subtask) => subtask.unaligned)).toBe(true);
    expect(old![0]!.of(1)).toMatchObject({ status: "inProgress", triggered: 148 });
    expect(old![0]!.words).toContain("2 buffers stand before it");
    const slow = second![0]!.of(2);
    expect([Math.round(took(slow) / 100), kib(sum(slow, "size")), sum(slow, "inFlight")]).toEqual([13, 4, 0]);
    // While barriers were awaited, records went on from the channels that had none yet.
    expect(sum(slow, "processed")).toBeGreaterThan(1000);
    expect(second![1]!.checkpoints.counts.completed).toBe(4);
    expect(late![1]!.checkpoints.counts.completed).toBeGreaterThan(
      2 * late![0]!.checkpoints.counts.completed,
    );
  });

  test("the records come out at the same pace", async () => {
    const [aligned, other] = [await open("unaligned"), await unaligned()];
    const read = (run: Run): number => {
      const seen = run.at(5900);
      const names = ["slow -> Sink: Writer (1/2)", "slow -> Sink: Writer (2/2)"];
      return names.reduce((all, name) => all + seen.task(name).operators[0]!.recordsIn, 0);
    };
    expect(Math.abs(read(aligned) - read(other))).toBeLessThan(0.02 * read(other));
  });
});

test("a checkpoint times out behind full queues, and comes through when they empty", async () => {
  const { ticks, at } = await open("timeout");
  const [good, waiting, expired, four, through] = ticks.map(at);
  expect(took(good!.of(2))).toBe(32);
  expect(waiting!.of(3)).toMatchObject({ status: "inProgress", triggered: ticks[1]! - 399 });
  expect(waiting!.words).toMatch(
    /^Checkpoint 3 waits: slow .* on 0 of 2 channels; .* buffers? stands? before it/,
  );
  expect(["slow -> Sink: Writer (1/2)", "slow -> Sink: Writer (2/2)"].map(waiting!.phase)).toEqual([
    "notReached",
    "notReached",
  ]);
  expect(expired!.of(3)).toMatchObject({
    status: "failed",
    reason: "Checkpoint expired before completing.",
    ended: ticks[1]! + 1,
  });
  expect(expired!.of(4)).toMatchObject({ status: "inProgress" });
  expect(four!.checkpoints.counts.failed).toBe(4);
  expect(through!.of(7)).toMatchObject({ status: "completed" });
  expect(took(through!.of(7))).toBeLessThan(400);
  expect(at(TICKS_MAX).checkpoints.counts.failed).toBe(4);
});

test("one failure more than is tolerated would fail the job", async () => {
  const { at } = await open("timeout", (source) => source.replace("(5);", "(0);"));
  expect(at(1300).checkpoints.restored).toBeNull();
  expect(at(3000).checkpoints.restored).not.toBeNull();
});

test("exactly once: what was handed over is committed once, or not at all", async () => {
  const { ticks, at } = await open("exactly-once");
  const counts = (tick: number): number[] => {
    const seen = at(tick);
    return [seen.rows("totals"), seen.rows("totals (all)")];
  };
  const [handedOver, committed, failed, again, lost, repeated] = ticks;
  expect(counts(handedOver!)).toEqual([0, 19]);
  expect(counts(committed!)).toEqual([19, 19]);
  expect(at(committed!).of(1).status).toBe("completed");
  expect(at(failed!).of(2)).toMatchObject({ status: "inProgress" });
  expect(counts(failed!)).toEqual([19, 44]);
  const restarted = at(again!).texts("totals");
  expect([restarted.length, new Set(restarted).size]).toEqual([44, 44]);
  expect(at(again!).checkpoints.restored?.id).toBe(2);
  expect(at(lost!).of(4).status).toBe("failed");
  expect(counts(lost!)).toEqual([45, 70]);
  expect(counts(repeated!)).toEqual([71, 96]);
  const end = at(TICKS_MAX);
  const totals = end.texts("totals");
  expect(totals).toHaveLength(120);
  expect(new Set(totals).size).toBe(120);
  expect(end.rows("totals (all)")).toBe(145);
});

test("incremental snapshots: files are written once, shared, and gone when none needs them", async () => {
  const { ticks, at } = await open("incremental");
  const [one, three, four, merged, gone] = ticks.map((tick) => at(tick).checkpoints);
  const of = (all: Checkpoints, id: number): CheckpointEntry => all.history.find((entry) => entry.id === id)!;
  const paths = (entry: CheckpointEntry): string[] => entry.files.map(({ path }) => path);
  expect([of(one!, 1).files.length, kib(sum(of(one!, 1), "written"))]).toEqual([1, 14]);
  const third = of(three!, 3);
  expect([third.files.length, kib(sum(third, "size")), kib(sum(third, "written"))]).toEqual([3, 51, 19]);
  expect(paths(third)).toEqual(expect.arrayContaining(paths(of(three!, 2))));
  const kept = four!.history.filter((entry) => entry.kept);
  expect(kept.map(({ id }) => id)).toEqual([2, 3, 4]);
  const [oldest] = paths(of(one!, 1));
  expect(kept.every((entry) => paths(entry).includes(oldest!))).toBe(true);
  const fifth = of(merged!, 5);
  expect([fifth.files.length, kib(sum(fifth, "written"))]).toEqual([3, 88]);
  expect(paths(fifth).some((path) => paths(of(four!, 4)).includes(path))).toBe(false);
  const left = gone!.history.filter((entry) => entry.kept);
  expect(left.map(({ id }) => id)).toEqual([5, 6, 7]);
  expect(left.flatMap(paths)).not.toContain(oldest);
});

/** Stops at the first moment that the example names, looks at the second, and gives the savepoint as a file. */
async function stopped(
  id: ExampleId,
): Promise<{ readonly seen: Seen; readonly run: Run; readonly bytes: Uint8Array }> {
  const run = await open(id);
  run.at(run.ticks[0]!);
  run.lab.command({ kind: "stopWithSavepoint" });
  const seen = run.at(run.ticks[1]!);
  const [savepoint] = seen.checkpoints.history;
  expect(savepoint).toMatchObject({ kind: "savepoint to suspend", status: "completed" });
  return { seen, run, bytes: run.lab.exportSnapshot(savepoint!.id) as Uint8Array };
}

/** The greatest count of each user. */
function countsOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const [, user = "", count] = /\((user \d+),(\d+)\)$/.exec(text) ?? [];
    counts.set(user, Math.max(counts.get(user) ?? 0, Number(count)));
  }
  return counts;
}

test("rescale two to three: key groups move with their counts, and no click is counted anew", async () => {
  const { seen, run, bytes } = await stopped("rescale");
  expect(run.lab.isOver).toBe(true);
  const before = seen.texts("stdout").length;
  expect(before).toBeGreaterThan(800);
  const three = await open("rescale", (source) => source.replace("setParallelism(2)", "setParallelism(3)"), {
    bytes,
  });
  const groups = [1, 2, 3].map(
    (n) => three.at(300).task(`clicks of each user -> Sink: Print to Std. Out (${n}/3)`).keyGroups!,
  );
  expect(groups.map(({ first }) => first)).toEqual([0, groups[0]!.last + 1, groups[1]!.last + 1]);
  const texts = three.at(TICKS_MAX).texts("stdout");
  expect(before + texts.length).toBe(3000);
  expect([...countsOf(texts).values()]).toEqual(Array.from({ length: 12 }, () => 250));
});

test("stop, change, start again: the balance goes on in the changed job", async () => {
  const { seen, run, bytes } = await stopped("stop-and-start");
  expect(run.lab.isOver).toBe(true);
  const committed = seen.texts("balances");
  expect(committed.length).toBeGreaterThan(200);
  expect(committed.length).toBe(seen.rows("balances (all)"));
  const before = run.at(run.ticks[0]!);
  expect([before.rows("balances"), before.rows("balances (all)") > 200]).toEqual([0, true]);
  const changed = (source: string): string => source.replace(/ {2}\.filter.*\n.*\n/, "");
  const again = (await open("stop-and-start", changed, { bytes })).at(TICKS_MAX).texts("balances");
  // What the savepoint holds was committed: the external system does not take it twice.
  const plus = again.filter((text) => text.startsWith("(plus"));
  expect([committed.length + plus.length, plus.at(-1)]).toEqual([1000, "(plus,999000)"]);
  // Of the others those are there that came after the savepoint.
  const minus = again.length - plus.length;
  expect([minus > 0, minus < 1000]).toEqual([true, true]);
});
