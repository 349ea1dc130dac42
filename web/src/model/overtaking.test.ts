/** Which buffers a barrier has overtaken, wherever on their channel they are. */
import { expect, test } from "vitest";
import { BufferFlag } from "../engine/frame";
import { type ChannelWriting, writeFrame } from "./fixtures/frame-writer";
import { FrameReader } from "./frame-reader";
import { overtakenBy, overtakenCount } from "./overtaking";

const flags = BufferFlag.event | (1 << BufferFlag.eventShift);
const barrier = (id: number, checkpoint: number) => ({ id, bytes: 40, flags, records: checkpoint });
const data = (id: number) => ({ id, bytes: 90, records: 3 });

/** For each buffer of a channel, from its sender to its receiver, who has overtaken it. */
function overtaken(channel: ChannelWriting): number[] {
  const frame = new FrameReader();
  frame.read(writeFrame({ tick: 1, tasks: [{}, {}], channels: [channel], managers: [] }));
  return Array.from({ length: frame.bufferCountOf(0) }, (_, buffer) => overtakenBy(frame, 0, buffer));
}

test("a barrier in its turn has overtaken nothing", () => {
  expect(overtaken({ queued: [data(1), barrier(2, 7), data(3)], received: [data(0)] })).toEqual([0, 0, 0, 0]);
});

test("a barrier that went to the head of a queue has overtaken what was written before it", () => {
  expect(overtaken({ queued: [barrier(4, 7), data(2), data(3), data(5)] })).toEqual([0, 7, 7, 0]);
});

test("under way and received it has overtaken what is still behind, and not what arrived before", () => {
  const behind = [data(3), data(5)];
  expect(overtaken({ queued: behind, inFlight: [barrier(4, 7)], received: [data(2)] })).toEqual([7, 0, 0, 0]);
  expect(overtaken({ queued: behind, received: [barrier(4, 7), data(2)] })).toEqual([7, 0, 0, 7]);
});

test("a barrier knows how many it has overtaken", () => {
  const frame = new FrameReader();
  const channel = { queued: [barrier(4, 7), data(2), data(3), data(5)] };
  frame.read(writeFrame({ tick: 1, tasks: [{}, {}], channels: [channel], managers: [] }));
  expect(overtakenCount(frame, 0, 0)).toBe(2);
});
