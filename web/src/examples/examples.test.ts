/** Every example runs to its end, and what it says about its moments is so. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { compileJob, momentOf, submitJob } from "../api/compile";
import { Header, JOB_STATUS, TASK_FIELDS } from "../engine/frame";
import { loadEngine } from "../engine/load";
import type { MessageEntry, MessagePage, TaskManagerDetail, Topology } from "../engine/protocol";
import { EXAMPLE_IDS, type ExampleId } from "./catalog";
import { contentOf, TEXTS } from "./content";
import { EXAMPLES } from "./examples";

/** A machine may be busy with other things. */
vi.setConfig({ testTimeout: 120_000 });

/** Longer than any example takes. */
const TICKS_MAX = 1_000_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

interface Seen {
  readonly over: boolean;
  readonly status: string | undefined;
  readonly sentence: string;
  /** Of each vertex. */
  readonly parallelism: readonly number[];
  /** By TaskManager and slot: the tasks in it. */
  readonly slots: () => Readonly<Record<string, readonly string[]>>;
  /** Lines of stdout so far. */
  readonly lines: readonly string[];
  /** Those of this table. */
  readonly rows: (table: string) => readonly string[];
  /** What each JobManager is. */
  readonly jobManagers: readonly string[];
  /** On the disk of the first TaskManager. */
  readonly files: () => TaskManagerDetail["disk"]["files"];
  /** Of the task with this name: shares per mille of its last second, records since its beginning. */
  readonly share: (task: string, of: (typeof TASK_FIELDS)[number]) => number;
  /** Messages of a kind that arrived from the first subtask of one task at the second of another one. */
  readonly messages: (kind: string, from: string, to: string) => readonly MessageEntry[];
}

/** Opens an example on its cluster; the answer goes to a tick and tells what is there. */
async function open(id: ExampleId): Promise<(tick: number) => Seen> {
  const { source } = await contentOf(id);
  const { taskManagers, slots, speeds, speedChanges, segmentBytes, linkLatencyTicks, linkBytesPerTick } =
    EXAMPLES[id];
  const { diskBytesPerTick, managedMemory, processFaults, scenario } = EXAMPLES[id];
  const named = Object.entries(TEXTS).filter(([path]) => source.includes(path));
  const texts = await Promise.all(named.map(async ([path, load]) => [path, await load()] as const));
  const compiled = compileJob(source, 42);
  const lab = submitJob(compiled, {
    seed: 42,
    taskManagers,
    slotsPerTaskManager: slots,
    files: Object.fromEntries(texts),
    ...scenario,
    ...(speeds === undefined ? {} : { speeds }),
    ...(speedChanges === undefined ? {} : { speedChanges }),
    ...(processFaults === undefined ? {} : { processFaults }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    ...(linkLatencyTicks === undefined ? {} : { linkLatencyTicks }),
    ...(linkBytesPerTick === undefined ? {} : { linkBytesPerTick }),
    ...(diskBytesPerTick === undefined ? {} : { diskBytesPerTick }),
    ...(managedMemory === undefined ? {} : { memory: { "taskmanager.memory.managed.size": managedMemory } }),
  });
  let topology: Topology | undefined;
  const lines: string[] = [];
  const streams: string[] = [];
  return (tick) => {
    lab.seek(tick, 0);
    const moment = momentOf(compiled, lab);
    const frame = lab.frame();
    topology = moment.topology ?? topology;
    streams.splice(moment.stdout.from, Infinity, ...moment.stdout.lines.map(({ stream }) => stream));
    lines.splice(moment.stdout.from, Infinity, ...moment.stdout.lines.map(({ text }) => text));
    return {
      over: lab.isOver,
      jobManagers: topology?.jobManagers.map(({ role }) => role) ?? [],
      status: JOB_STATUS[frame[Header.jobStatus]!],
      lines: [...lines],
      rows: (table) => lines.filter((_, place) => streams[place] === table),
      parallelism: topology!.vertices.map(({ parallelism }) => parallelism),
      slots: () => {
        const slots: Record<string, string[]> = {};
        for (const { taskManager, slot, name } of topology!.tasks)
          (slots[`${taskManager}/${slot}`] ??= []).push(name);
        return slots;
      },
      files: () => (lab.inspectTaskManager(0) as TaskManagerDetail).disk.files,
      sentence: moment.sentence.map(({ text }) => text).join(""),
      share: (task, of) => {
        const tasks = frame[Header.taskCount]!;
        const place = topology!.tasks.findIndex(({ name }) => name === task);
        expect(place, task).toBeGreaterThanOrEqual(0);
        return frame[Header.length + TASK_FIELDS.indexOf(of) * tasks + place]!;
      },
      messages: (kind, from, to) => {
        const { channels, tasks } = topology!;
        const channel = channels.findIndex(
          (known) => tasks[known.from]!.name === `${from} (1/2)` && tasks[known.to]!.name === `${to} (2/2)`,
        );
        expect(channel, `${from} → ${to}`).toBeGreaterThanOrEqual(0);
        const { entries } = lab.messages({ kind, channel }, 100_000, 0) as MessagePage;
        return entries.filter((entry) => !entry.onTheWay);
      },
    };
  };
}

test.each(EXAMPLE_IDS)("%s runs to its end", async (id) => {
  const { over, status } = (await open(id))(TICKS_MAX);
  expect(over).toBe(true);
  expect(status).toBe(id === "failing" ? "FAILED" : "FINISHED");
});

test.each(EXAMPLE_IDS)("%s names moments in the order of time, all before its end", async (id) => {
  const watch = (await contentOf(id)).watch ?? [];
  const ticks = watch.map(({ tick }) => tick);
  expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
  const last = ticks.at(-1);
  if (last !== undefined) expect((await open(id))(last).over).toBe(false);
});

/** The ticks at which an example names moments, so that a test of them does not go on beside a changed text. */
async function ticksOf(id: ExampleId): Promise<number[]> {
  return ((await contentOf(id)).watch ?? []).map(({ tick }) => tick);
}

describe("what the texts say", () => {
  test("region failover: only what ran on the lost TaskManager starts again", async () => {
    const ticks = await ticksOf("region-failover");
    const at = await open("region-failover");
    const [killed, noticed, waiting, again] = ticks.map((tick) => {
      const { status, sentence, share } = at(tick);
      return {
        status,
        sentence,
        taken: share("square (1/4)", "recordsIn"),
        lost: share("square (4/4)", "recordsIn"),
      };
    });
    expect(killed?.status).toBe("RUNNING");
    const gone = "TaskManager 2 is gone, and nobody has noticed it yet.";
    expect(killed?.sentence).toContain(gone);
    expect(again?.sentence).not.toContain(gone);
    expect(noticed?.status).toBe("RESTARTING");
    expect(noticed?.sentence).toContain("TaskManager 2 is no longer reachable");
    expect(noticed?.sentence).toMatch(/start again in \d+ ms/);
    expect(waiting?.status).toBe("RUNNING");
    expect(waiting?.sentence).toContain("waits for 2 more slots");
    expect(again?.status).toBe("RUNNING");
    expect(again!.taken).toBeGreaterThan(waiting!.taken);
    expect(again!.lost).toBeLessThan(again!.taken);
  });

  test("JobManager fails over: the next one goes on, and each order is counted once", async () => {
    const at = await open("job-manager-fails-over");
    const seen = (await ticksOf("job-manager-fails-over")).map((tick) => at(tick));
    expect(seen.map(({ jobManagers }) => jobManagers)).toEqual([
      ["killed", "standby"],
      ["killed", "leader"],
      ["killed", "leader"],
      ["standby", "leader"],
    ]);
    expect(seen[0]!.sentence).toMatch(
      /^JobManager 1 is gone: its session with the HA services expires in 999 ms/,
    );
    expect(seen[2]!.status).toBe("RUNNING");
    const end = at(TICKS_MAX);
    expect(end.status).toBe("FINISHED");
    const committed = end.rows("orders");
    expect(new Set(committed).size).toBe(300);
    expect(committed).toHaveLength(300);
  });

  test("the heartbeat that came late: the job starts again from its last checkpoint", async () => {
    const at = await open("late-heartbeat");
    const [paused, noticed, waiting, again] = (await ticksOf("late-heartbeat")).map((tick) => {
      const { status, sentence, lines } = at(tick);
      return { status, sentence, lines: lines.length };
    });
    expect(paused?.sentence).toMatch(/^TaskManager 2 is paused since 100 ms/);
    expect(noticed?.status).toBe("RESTARTING");
    expect(noticed?.sentence).toContain("heartbeat of TaskManager with id TaskManager 2 timed out.");
    expect(waiting?.sentence).toBe("The job waits for 2 slots, and has 1 of them.");
    expect(waiting?.lines).toBe(noticed?.lines);
    expect(again?.status).toBe("RUNNING");
    const { lines, status } = at(TICKS_MAX);
    expect(status).toBe("FINISHED");
    // Every count is told, those between the checkpoint and the pause twice; each key ends with all of its 500.
    expect(lines.filter((line) => line.endsWith(",500)")).length).toBe(8);
    const counts = new Set(lines.map((line) => line.replace(/^.*> /, "")));
    expect(counts.size).toBe(4000);
    expect(lines.length).toBeGreaterThan(4000);
    expect(lines.length).toBeLessThan(4600);
  });

  test("no slot left: the job waits, its request times out, and another TaskManager is the cure", async () => {
    const at = await open("no-slot-left");
    const [waits, timedOut, again, cured] = (await ticksOf("no-slot-left")).map((tick) => at(tick));
    expect(waits?.sentence).toBe("The job waits for 3 slots, and has 2 of them.");
    expect(timedOut?.status).toBe("RESTARTING");
    expect(timedOut?.sentence).toContain(
      "NoResourceAvailableException: Slot request bulk is not fulfillable!",
    );
    expect(again?.sentence).toBe("The job waits for 3 slots, and has 2 of them.");
    expect(cured?.sentence).toContain("tasks are running");
    expect(at(TICKS_MAX).lines.length).toBe(600);
  });

  test("slot sharing and groups: two slots are shared, two are for the group", async () => {
    const at = await open("slot-sharing");
    const [tick] = await ticksOf("slot-sharing");
    const slots = Object.values(at(tick!).slots()).map((tasks) =>
      tasks.map((task) => task.replace(/ \(.*/, "")),
    );
    expect(slots).toHaveLength(4);
    expect(slots.filter((tasks) => tasks.length === 1)).toEqual([["sums"], ["sums"]]);
    expect(slots.filter((tasks) => tasks.length === 2)).toEqual(
      Array(2).fill(["Source: numbers", expect.stringContaining("print")]),
    );
  });

  test("reactive rescaling: the job follows the slots, and counts nothing twice", async () => {
    const at = await open("reactive");
    const [small, settling, grown, shrunk] = (await ticksOf("reactive")).map((tick) => at(tick));
    expect(small?.parallelism).toEqual([2, 2]);
    expect(settling).toMatchObject({ status: "RUNNING", parallelism: [2, 2] });
    expect(grown).toMatchObject({ status: "RUNNING", parallelism: [4, 4] });
    expect(shrunk).toMatchObject({ status: "RUNNING", parallelism: [2, 2] });
    const end = at(TICKS_MAX);
    expect(end.status).toBe("FINISHED");
    const counted = end.rows("clicks");
    expect(new Set(counted).size).toBe(6000);
    expect(counted).toHaveLength(6000);
  });

  test("one slow operator: the back-pressure walks up to the source and is released", async () => {
    expect(await ticksOf("slow-operator")).toEqual([450, 800, 1000, 2900, 3040, 3300]);
    const at = await open("slow-operator");
    const source = "Source: Sequence Source -> numbers (1/2)";
    expect(at(450).sentence).toContain("none is back-pressured");

    const begins = at(800);
    expect(begins.sentence).toMatch(/^The slow part is slow -> Sink: Writer/);
    expect(begins.share("label (1/2)", "backPressured")).toBeGreaterThanOrEqual(100);
    expect(begins.share(source, "backPressured")).toBeLessThan(100);

    const walked = at(1000);
    expect(walked.sentence).toContain("has come up to the source");
    expect(walked.share(source, "backPressured")).toBeGreaterThanOrEqual(100);

    const steady = at(2900);
    expect(steady.sentence).toContain("soft back-pressure");
    expect(steady.share(source, "backPressured")).toBeGreaterThan(700);
    expect(steady.share("label (2/2)", "backPressured")).toBeGreaterThan(700);

    expect(at(3040).sentence).toContain("The slow part is slow");
    expect(at(3300).sentence).toContain("can all write again");
    expect(at(4200).sentence).toContain("none is back-pressured");
  });

  test("skew: one subtask is busy, the others are not, and all sources wait", async () => {
    expect(await ticksOf("skew")).toEqual([100, 500, 3000]);
    const at = await open("skew");
    expect(at(100).sentence).toContain("none is back-pressured");
    for (const tick of [500, 3000]) {
      const seen = at(tick);
      expect(seen.sentence).toMatch(/^The slow part is count .*the load is skewed/);
      for (const subtask of [1, 2, 3, 4])
        expect(seen.share(`Source: words -> Map (${subtask}/4)`, "backPressured")).toBeGreaterThan(500);
    }
    expect(at(3000).sentence).toMatch(/(9|10) buffers/);
  });

  test("one connection, many channels: what has no credit does not stop the others", async () => {
    expect(await ticksOf("one-connection")).toEqual([60, 600, 1500]);
    const at = await open("one-connection");
    const [fast, slow] = ["fast -> Sink: Writer", "slow -> Sink: Writer"];
    const source = (name: string): string => `Source: numbers for ${name}`;
    expect(at(60).messages("PartitionRequest", source("fast"), fast)).toHaveLength(1);
    expect(at(60).messages("PartitionRequest", source("slow"), slow)).toHaveLength(1);
    // Between two moments with back-pressure, in ticks: as many records as `fast` can take, and a tenth.
    const [before, after] = [at(600), at(900)];
    for (const seen of [before, after]) {
      expect(seen.sentence).toMatch(/^The slow part is slow/);
      expect(seen.share(`${source("slow")} (1/2)`, "backPressured")).toBeGreaterThan(400);
      expect(seen.share(`${source("fast")} (1/2)`, "backPressured")).toBe(0);
    }
    const read = (task: string): number =>
      after.share(`${task} (2/2)`, "recordsIn") - before.share(`${task} (2/2)`, "recordsIn");
    expect(read(fast)).toBeGreaterThan(290);
    expect(read(slow)).toBe(30);
    expect(at(1500).sentence).toMatch(/^The slow part is slow/);
  });

  test("a record larger than a buffer: overdraft, and then hard back-pressure", async () => {
    expect(await ticksOf("large-record")).toEqual([24, 100, 300]);
    const at = await open("large-record");
    const buffers = at(24).messages("BufferResponse", "Source: texts", "measure -> Sink: Print to Std. Out");
    expect(buffers.filter(({ contents }) => contents.includes("256 B")).length).toBeGreaterThan(0);
    expect(at(100).sentence).toContain("(soft back-pressure)");
    expect(at(300).sentence).toContain("waits with a record in hand for a segment (hard back-pressure)");
    expect(at(300).sentence).toContain("full");
  });

  test("buffer timeout: the same records in many messages, in some, in few", async () => {
    expect(await ticksOf("buffer-timeout")).toEqual([60, 130, 300, 1000]);
    const at = await open("buffer-timeout");
    const names = ["at once", "after 100 ms", "when full"];
    const sink = (name: string): string => `${name}, received -> Sink: Writer`;
    const records = (tick: number): number[] => {
      const seen = at(tick);
      return names.map((name) => seen.share(`${sink(name)} (2/2)`, "recordsIn"));
    };
    const messages = (tick: number): number[] => {
      const seen = at(tick);
      return names.map((name) => seen.messages("BufferResponse", `Source: ${name}`, sink(name)).length);
    };
    expect(records(60)[0]).toBeGreaterThan(30);
    expect(records(60).slice(1)).toEqual([0, 0]);
    expect(records(130)[1]).toBeGreaterThan(0);
    expect(records(300)[2]).toBe(0);
    const [once, later, full] = messages(1000);
    expect(once).toBeGreaterThan(250);
    expect(later).toBeGreaterThanOrEqual(8);
    expect(later).toBeLessThanOrEqual(12);
    expect(full).toBeGreaterThanOrEqual(1);
    expect(full).toBeLessThanOrEqual(2);
  });

  test("batch and its files: written, read, sorted, and one result for each word", async () => {
    expect(await ticksOf("batch")).toEqual([200, 500, 900, 1600]);
    const at = await open("batch");
    const states = (seen: Seen): string[] =>
      seen.files().map(({ content }) => ("state" in content ? content.state : "run"));
    const writing = at(200);
    expect(writing.sentence).toContain("2 running. 2 wait for results that are not complete");
    expect(states(writing)).toEqual(["being written", "being written"]);
    expect(states(at(500))).toEqual(["being read", "being read"]);
    expect(states(at(900))).toEqual(["being read", "being read", "run", "run"]);
    const merged = at(1600);
    expect(merged.lines.length).toBeGreaterThan(100);
    const words = at(TICKS_MAX).lines.map((line) => /\(([a-z]+),/.exec(line)?.[1]);
    expect(new Set(words).size).toBe(words.length);
  });
});
