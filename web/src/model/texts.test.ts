/** What is said of things, where keys lead, and the table that says the same as the picture. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { levelName, Pressure } from "./back-pressure";
import { describeItem } from "./describe";
import { graphsOfCase, type RecordedCase } from "./fixtures/case-graphs";
import { writeFrame } from "./fixtures/frame-writer";
import { layoutAll, type Layouts } from "./fixtures/recorded";
import { BufferFlag, ChannelFlag, DotKind, FrameReader } from "./frame-reader";
import { exists, hitOf, itemOf } from "./hit-items";
import { type Item, itemKey } from "./items";
import { type Ground, topOrder, walk, type Way } from "./navigate";
import { bytesText, countText, percentText, rateText, shortCount } from "./numbers";
import { executionTable, jobTable, streamTable } from "./table";
import { Throughput } from "./throughput";

const folder = join(import.meta.dirname, "../../../tests/conformance/cases");

function layoutsOf(name: string): Layouts {
  const recorded = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as RecordedCase;
  return layoutAll(graphsOfCase(name, recorded), 2, "across");
}

const words = layoutsOf("wordcount_p4");
const remoteChannel = words.cluster.channels.findIndex(({ remote }) => remote);
const frame = new FrameReader();
frame.read(
  writeFrame({
    tick: 50,
    tasks: words.cluster.tasks.map((_, place) =>
      place === 0
        ? {
            busy: 620,
            backPressured: 210,
            idle: 170,
            operator: 1,
            recordsOut: 1234,
            hardBackPressured: 60,
            outputs: [{ size: 12, requested: 3 }],
          }
        : {},
    ),
    channels: words.cluster.channels.map((_, place) =>
      place === 0
        ? {
            queued: [
              { id: 4, bytes: 32_768, hashes: [5, 6], flags: BufferFlag.endsInRecord },
              { id: 5, bytes: 12, flags: BufferFlag.open },
              { id: 6, flags: BufferFlag.event | (8 << BufferFlag.eventShift) },
            ],
          }
        : place === remoteChannel
          ? {
              queued: [{ id: 7, bytes: 10 }],
              flags: ChannelFlag.blocked | ChannelFlag.cutBack,
              messages: [{ kind: 6, number: 2, progress: 330, sentAt: 49 }],
              credit: 1,
              backlog: 4,
              exclusive: 2,
              exclusiveFree: 1,
              floating: 3,
              floatingFree: 0,
              unannounced: 1,
            }
          : {},
    ),
    managers: [{ segments: 64, used: 3 }, { segments: 64 }],
  }),
);
const throughput = new Throughput();
throughput.clear(words.job.vertices.length);
throughput.add(frame, words.cluster);
const pressure = new Pressure();
pressure.clear(words.job);
pressure.update(frame, words.cluster);
const moment = { ...words, frame, throughput, pressure, segmentBytes: 32_768 };

test("an edge of the stream graph says why it is not chained", () => {
  const chained = describeItem({ kind: "streamEdge", source: 4, edge: 0 }, moment);
  expect(chained.title).toBe("Keyed Aggregation → Sink: Print to Std. Out");
  expect(chained.lines[0]).toMatch(/^Chained/);
  const cut = describeItem({ kind: "streamEdge", source: 2, edge: 0 }, moment);
  expect(cut.lines.slice(0, 2)).toEqual([
    "Not chained:",
    "– The edge is HASH: only a FORWARD edge can be chained.",
  ]);
});

test("a task, its operator, a channel, a buffer, a record", () => {
  expect(describeItem({ kind: "task", task: 0 }, moment)).toEqual({
    title: "Source: Collection Source (1/1)",
    lines: [
      "RUNNING",
      "busy 62 %, back-pressured 21 %, idle 17 %",
      "back-pressure LOW: 15 % before a record (soft), 6 % inside one (hard)",
      "Source: Collection Source worked in the last turn.",
      "records: 0 in, 1,234 out",
      "network segments of its output: 3 of 12",
      "mails waiting: 0",
      "TaskManager 1, slot 0, attempt 0",
    ],
  });
  expect(describeItem({ kind: "operator", task: 0, operator: 0 }, moment).lines).toContain(
    "It worked in the last turn.",
  );
  expect(describeItem({ kind: "channel", channel: 0 }, moment).lines[0]).toBe(
    "3 buffers queued, 0 being read; a local channel has no link between them",
  );
  expect(describeItem({ kind: "buffer", channel: 0, buffer: 4 }, moment).lines).toEqual([
    "2 records begin in it",
    "32.8 kB, 100.0 % of its segment",
    "queued, 1 of 3",
    "Ends inside a record, which goes on in the next buffer.",
    "Source: Collection Source (1/1) → Flat Map (1/4)",
  ]);
  expect(describeItem({ kind: "buffer", channel: 0, buffer: 5 }, moment).lines[1]).toBe(
    "12 B, less than 0.1 % of its segment",
  );
  expect(describeItem({ kind: "buffer", channel: 0, buffer: 6 }, moment).title).toBe("EndOfData");
  expect(describeItem({ kind: "buffer", channel: 0, buffer: 99 }, moment).lines[0]).toMatch(/^It is gone/);
  expect(describeItem({ kind: "record", channel: 0, buffer: 4, dot: 1 }, moment).lines[0]).toMatch(
    /^key hash 6/,
  );
});

test("what is no record among the records says what it is for", () => {
  const { record, watermark, idle } = DotKind;
  const buffer = {
    id: 1,
    bytes: 120,
    hashes: [7, 4890, 0xffff_ffff, 8, 0],
    kinds: [record, watermark, watermark, record, idle],
    highs: [0, 0x8000_0000, 0xffff_ffff],
    records: 2,
    flags: BufferFlag.watermark | BufferFlag.status,
  };
  const frame = new FrameReader();
  frame.read(writeFrame({ tick: 1, tasks: [], channels: [{ queued: [buffer] }] }));
  const of = (dot: number): string =>
    describeItem({ kind: "record", channel: 0, buffer: 1, dot }, { ...moment, frame }).title;
  expect([0, 1, 2, 3, 4].map(of)).toEqual([
    "Record 1 of 2",
    "Watermark 4,890",
    "Watermark the end of time",
    "Record 2 of 2",
    "Watermark status: idle",
  ]);
  expect(describeItem({ kind: "buffer", channel: 0, buffer: 1 }, { ...moment, frame }).lines[0]).toBe(
    "2 records begin in it, and watermarks and a watermark status",
  );
});

test("a remote channel tells what is free and what is on its way back", () => {
  expect(describeItem({ kind: "channel", channel: remoteChannel }, moment).lines.slice(0, -2)).toEqual([
    "1 buffer queued at the sender, 0 on the way, 0 at the receiver",
    "Cut on the way back: no credit arrives at the sender.",
    "Blocked: its receiver reads nothing of it for now.",
    "credit: 1",
    "free at the receiver: 1 of 2 exclusive buffers, 0 of 3 floating ones",
    "backlog, as the receiver knows it: 4",
    "credit not announced yet: 1",
    "on the way: AddCredit 2, 33 % of it done",
  ]);
});

test("the levels of back-pressure are Flink's", () => {
  expect([0, 100, 101, 500, 501, 1000].map(levelName)).toEqual(["OK", "OK", "LOW", "LOW", "HIGH", "HIGH"]);
  expect([0, 1, 2].map((vertex) => pressure.ofVertex(vertex))).toEqual([210, 0, 0]);
  expect(words.job.jobEdges.map((_, edge) => pressure.ofEdge(edge))).toEqual([210, 0]);
  const lines = describeItem({ kind: "vertex", vertex: words.job.vertices[0]!.id }, moment).lines;
  expect(lines).toContain("back-pressure LOW: 21 % in its worst subtask");
});

test("a frame of another version is refused", () => {
  const old = writeFrame({ tick: 1, tasks: [], channels: [] });
  old[0] = 1;
  expect(() => {
    new FrameReader().read(old);
  }).toThrow("a frame of version 1 where the page reads version 6");
});

test("a job edge counts its channels", () => {
  const target = words.job.vertices[2]!.id;
  const { lines } = describeItem({ kind: "jobEdge", target, input: 0 }, moment);
  expect(lines[0]).toBe("HASH: every sender to every receiver");
  expect(lines[1]).toBe("16 channels, 8 of them between TaskManagers");
});

test("slots and TaskManagers", () => {
  expect(describeItem({ kind: "slot", taskManager: 1, slot: 1 }, moment).lines).toHaveLength(2);
  expect(describeItem({ kind: "taskManager", taskManager: 1 }, moment).lines).toEqual([
    "2 of 2 slots in use, 5 tasks",
    "network segments: 3 of 64 in use",
  ]);
});

test("every item that can be pointed at comes back from its hit, exists and is described", () => {
  const items: Item[] = [
    { kind: "node", node: 4 },
    { kind: "streamEdge", source: 1, edge: 0 },
    { kind: "vertex", vertex: words.job.vertices[1]!.id },
    { kind: "jobEdge", target: words.job.vertices[1]!.id, input: 0 },
    { kind: "task", task: 3 },
    { kind: "operator", task: 3, operator: 0 },
    { kind: "channel", channel: 2 },
    { kind: "buffer", channel: 0, buffer: 4 },
    { kind: "record", channel: 0, buffer: 4, dot: 1 },
    { kind: "slot", taskManager: 2, slot: 1 },
    { kind: "taskManager", taskManager: 2 },
  ];
  for (const item of items) {
    expect(itemOf(hitOf(item, words.job)!, words.job)).toEqual(item);
    expect(exists(item, words.job, words.cluster)).toBe(true);
    expect(describeItem(item, moment).title).not.toBe("");
  }
  expect(new Set(items.map(itemKey)).size).toBe(items.length);
  expect(exists({ kind: "task", task: 99 }, words.job, words.cluster)).toBe(false);
});

test("the tables have a row for each thing of their depth", () => {
  const stream = streamTable(moment);
  expect(stream.rows.map((row) => row.cells[0])).toEqual([
    "Source: Collection Source",
    "Flat Map",
    "Keyed Aggregation",
    "Sink: Print to Std. Out",
  ]);
  expect(stream.rows[1]!.cells).toEqual([
    "Flat Map",
    "4",
    "Keyed Aggregation",
    "HASH",
    "not chained: The edge is HASH: only a FORWARD edge can be chained.",
  ]);
  expect(jobTable(moment).rows.map((row) => row.cells.at(-1))).toEqual(["LOW, 21 %", "OK, 0 %", "OK, 0 %"]);
  const execution = executionTable(moment, words.execution);
  expect(execution.rows).toHaveLength(9 + 2);
  expect(execution.rows.at(-2)!.cells.filter((cell) => cell !== "")).toEqual([
    "TaskManager 1",
    "2 slots",
    "3 of 64",
  ]);
  expect(execution.rows[0]!.cells).toEqual([
    "Source: Collection Source (1/1)",
    "TaskManager 1, slot 0",
    "RUNNING",
    "Source: Collection Source",
    "62 %",
    "21 %",
    "6 %",
    "LOW",
    "17 %",
    "0",
    "1,234",
    "0",
    "4",
    "3 of 12",
    "1",
    "",
  ]);
  for (const row of execution.rows) expect(row.cells).toHaveLength(execution.columns.length);
});

function walked(ground: Ground, from: Item | null, ...ways: Way[]): Item | null {
  return ways.reduce((item, way) => walk(ground, item, way), from);
}

test("keys lead through nodes and edges in reading order", () => {
  const ground: Ground = { ...words, depth: "stream", frame };
  expect(walk(ground, null, "next")).toEqual({ kind: "node", node: 1 });
  expect(walked(ground, null, "next", "next")).toEqual({ kind: "streamEdge", source: 1, edge: 0 });
  expect(walked(ground, { kind: "node", node: 1 }, "right", "right")).toEqual({ kind: "node", node: 2 });
  expect(walked(ground, { kind: "node", node: 5 }, "right")).toEqual({ kind: "node", node: 5 });
});

test("keys lead to neighbours, in and out again", () => {
  const ground: Ground = { ...words, depth: "execution", frame };
  const first: Item = { kind: "task", task: 0 };
  expect(walked(ground, first, "right")).toEqual({ kind: "task", task: 1 });
  expect(walked(ground, first, "right", "down")).toEqual({ kind: "task", task: 2 });
  expect(walked(ground, first, "right", "down", "up", "left")).toEqual(first);
  expect(walked(ground, first, "in")).toEqual({ kind: "operator", task: 0, operator: 0 });
  expect(walked(ground, first, "in", "next")).toEqual({ kind: "channel", channel: 0 });
  expect(walked(ground, first, "in", "next", "in")).toEqual({ kind: "buffer", channel: 0, buffer: 4 });
  expect(walked(ground, first, "in", "next", "in", "in", "next")).toEqual({
    kind: "record",
    channel: 0,
    buffer: 4,
    dot: 1,
  });
  expect(walked(ground, first, "in", "next", "in", "in", "out", "out", "out")).toEqual(first);
});

test("the reading order names everything once", () => {
  for (const depth of ["stream", "job", "execution"] as const) {
    for (const name of ["diamond", "side_outputs", "interval_join"]) {
      const layouts = layoutsOf(name);
      const order = topOrder({ ...layouts, depth, frame });
      expect(new Set(order.map(itemKey)).size).toBe(order.length);
      const { job, cluster } = layouts;
      const counts = {
        stream: job.nodes.length + job.streamEdges.length,
        job: job.vertices.length + job.jobEdges.length,
        execution: cluster.tasks.length,
      };
      expect(order).toHaveLength(counts[depth]);
    }
  }
});

test("numbers are short and exact enough", () => {
  expect([999, 1000, 12_345, 99_960, 1_234_567, 4e9].map(shortCount)).toEqual([
    "999",
    "1k",
    "12.3k",
    "100k",
    "1.2M",
    "4G",
  ]);
  expect([countText(1_234_567), rateText(1500), percentText(314), bytesText(999), bytesText(32_768)]).toEqual(
    ["1,234,567", "1.5k/s", "31 %", "999 B", "32.8 kB"],
  );
});
