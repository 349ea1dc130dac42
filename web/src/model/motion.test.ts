/** What moves between frames: buffers on their wires, and records a second. */
import { expect, test } from "vitest";
import type { ClusterModel } from "./cluster-model";
import { type ChannelWriting, writeFrame } from "./fixtures/frame-writer";
import { FrameReader } from "./frame-reader";
import { Glide } from "./glide";
import { Throughput } from "./throughput";

const task = {
  name: "",
  subtask: 0,
  attempt: 0,
  taskManager: 1,
  slot: 0,
  inputs: [],
  outputs: [],
  operators: [],
};
const channel = {
  from: 0,
  to: 1,
  output: 0,
  subpartition: 0,
  gate: 0,
  channel: 0,
  shipStrategy: "HASH",
  jobEdge: 0,
};
const cluster: ClusterModel = {
  planned: false,
  taskManagers: [],
  nodes: [],
  tasks: [
    { ...task, vertex: 0 },
    { ...task, vertex: 1 },
  ],
  channels: [
    { ...channel, remote: true },
    { ...channel, remote: false },
  ],
};

function frameOf(
  tick: number,
  counts: readonly [number, number],
  ...channels: ChannelWriting[]
): FrameReader {
  const reader = new FrameReader();
  const tasks = [{ recordsOut: counts[0] }, { recordsIn: counts[1] }];
  reader.read(writeFrame({ tick, tasks, channels: [channels[0] ?? {}, channels[1] ?? {}] }));
  return reader;
}

test("a buffer glides from the queue over the link to the receiver", () => {
  const glide = new Glide();
  glide.update(frameOf(1, [0, 0], { queued: [{ id: 7 }] }), cluster, "nowhere");
  expect(glide.moving).toBe(false);
  glide.update(frameOf(2, [0, 0], { inFlight: [{ id: 7, progress: 400 }] }), cluster, "last");
  expect(glide.moving).toBe(true);
  expect([glide.way(0, 0), glide.way(0, 0.5), glide.way(0, 1)].map((way) => Math.round(way * 100))).toEqual([
    0, 21, 42,
  ]);
  glide.update(frameOf(3, [0, 0], { received: [{ id: 7 }] }), cluster, "last");
  expect(glide.way(0, 0)).toBeCloseTo(0.42);
  expect(glide.way(0, 1)).toBe(1);
});

test("it glides back when time goes back", () => {
  const glide = new Glide();
  glide.update(frameOf(3, [0, 0], { received: [{ id: 7 }] }), cluster, "nowhere");
  glide.update(frameOf(1, [0, 0], { queued: [{ id: 7 }] }), cluster, "last");
  expect([glide.way(0, 0), glide.way(0, 1)]).toEqual([1, 0]);
});

test("a local channel hands a buffer over without a link", () => {
  const glide = new Glide();
  glide.update(frameOf(1, [0, 0], {}, { queued: [{ id: 1 }] }), cluster, "nowhere");
  glide.update(frameOf(2, [0, 0], {}, { received: [{ id: 1 }] }), cluster, "last");
  expect([glide.way(0, 0), glide.way(0, 0.5), glide.way(0, 1)]).toEqual([0, 0.5, 1]);
});

test("a credit glides from where it was sent, and what is on a link stands beside the queues", () => {
  const glide = new Glide();
  const credit = (progress: number) => ({ messages: [{ kind: 6, number: 1, progress, sentAt: 9 }] });
  glide.update(frameOf(9, [0, 0], credit(0)), cluster, "nowhere");
  expect(glide.messageWay(0, 1)).toBeCloseTo(0.1);
  glide.update(frameOf(12, [0, 0], credit(1000)), cluster, "last");
  expect(glide.moving).toBe(true);
  expect([glide.messageWay(0, 0), glide.messageWay(0, 1)].map((way) => Math.round(way * 100))).toEqual([
    10, 90,
  ]);
});

test("nothing glides without a frame before", () => {
  const glide = new Glide();
  glide.update(frameOf(2, [0, 0], { queued: [{ id: 1 }] }), cluster, "nowhere");
  glide.update(frameOf(3, [0, 0], { inFlight: [{ id: 1, progress: 500 }] }), cluster, "nowhere");
  expect(glide.moving).toBe(false);
  expect(glide.way(0, 0)).toBe(0.5);
});

test("rates are taken over the last second, and over less at the start", () => {
  const throughput = new Throughput();
  throughput.clear(2);
  throughput.add(frameOf(100, [50, 10]), cluster);
  expect(throughput.rateOut(0)).toBe(500);
  expect(throughput.rateIn(1)).toBe(100);
  throughput.add(frameOf(1100, [1050, 10]), cluster);
  expect(throughput.rateOut(0)).toBe(1000);
  throughput.add(frameOf(2100, [1050, 30]), cluster);
  expect([throughput.rateOut(0), throughput.rateIn(1), throughput.totalIn(1)]).toEqual([0, 20, 30]);
});

test("a step back forgets what came after", () => {
  const throughput = new Throughput();
  throughput.clear(2);
  throughput.add(frameOf(100, [50, 10]), cluster);
  throughput.add(frameOf(2000, [9000, 10]), cluster);
  throughput.add(frameOf(150, [60, 10]), cluster);
  expect(throughput.rateOut(0)).toBe(400);
  expect(throughput.totalOut(0)).toBe(60);
});

test("counts that wrap around keep their rate", () => {
  const throughput = new Throughput();
  throughput.clear(2);
  throughput.add(frameOf(1000, [0xffff_fff0, 0]), cluster);
  throughput.add(frameOf(2000, [84, 0]), cluster);
  expect(throughput.rateOut(0)).toBe(100);
});

test("a frame that is too short is refused", () => {
  const frame = writeFrame({ tick: 1, tasks: [{}], channels: [{ queued: [{ id: 1, hashes: [1, 2] }] }] });
  expect(() => new FrameReader().read(frame.slice(0, -1))).toThrow("should have");
});
