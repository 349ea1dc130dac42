/** A checkpoint as a timeline of phases, from the engine's rows to what is drawn. */
import { expect, test } from "vitest";
import { readCheckpoints } from "../engine/checkpoints";
import { checkpointRows } from "./checkpoints";

const NONE = NaN;

/** Two checkpoints: one complete with a file, one under way of which one subtask has answered. */
const ANSWER = readCheckpoints({
  numbers: Float64Array.from([
    ...[1000, NONE, NONE, 1500],
    ...[2, 1, 1, 0, 0],
    2,
    ...[7, 0, 1000, 1, 1090, 2, 0],
    2,
    ...[0, 1040, 5, 0, 1, 20, 300, 100, 0, 0, 0],
    ...[1, 1090, 10, 40, 2, 30, 500, 500, 70, 0, 0],
    0,
    ...[1, 1, 400],
    ...[8, 0, 2000, 0, NONE, 3, 0],
    1,
    ...[0, 2030, 3, 0, 1, 20, 300, 10, 0, 64, 1],
    3,
    ...[0, 4, 0, 0],
    ...[1, 1, 2, 3],
    ...[2, 0, 0, 0],
    ...[0, 0],
  ]),
  texts: ["Too soon.", "", "/checkpoints/chk-7/a", ""],
  sentence: [{ text: "Checkpoint 8 waits" }],
});

test("the engine's rows are read to their end", () => {
  expect(ANSWER).toMatchObject({ interval: 1000, restored: null, counts: { total: 2, completed: 1 } });
  expect(ANSWER.refused).toEqual({ tick: 1500, reason: "Too soon." });
  const [first, second] = ANSWER.history;
  expect(first).toMatchObject({ id: 7, kind: "checkpoint", status: "completed", ended: 1090, kept: true });
  expect(first?.files).toEqual([{ path: "/checkpoints/chk-7/a", bytes: 400 }]);
  expect(second).toMatchObject({ id: 8, status: "inProgress", ended: null, kept: false, total: 3 });
  expect(first?.subtasks[1]).toMatchObject({ processed: 70, inFlight: 0, unaligned: false });
  expect(second?.subtasks[0]).toMatchObject({ inFlight: 64, unaligned: true });
  expect(() => readCheckpoints({ numbers: new Float64Array(3), texts: [], sentence: [] })).toThrow(
    RangeError,
  );
});

test("a subtask's phases follow each other up to its answer, and the last one to answer is named", () => {
  const { rows, extent } = checkpointRows(ANSWER.history[0]!, 5000);
  expect(extent).toBe(90);
  expect(rows[1]?.spans).toEqual([
    { phase: "delay", from: 0, to: 10 },
    { phase: "alignment", from: 10, to: 50 },
    { phase: "sync", from: 50, to: 52 },
    { phase: "async", from: 52, to: 82 },
    { phase: "answer", from: 82, to: 90 },
  ]);
  expect(rows[0]?.spans.map(({ phase }) => phase)).toEqual(["delay", "sync", "async", "answer"]);
  expect(rows.map(({ straggler }) => straggler)).toEqual([false, true]);
});

test("of a checkpoint under way, those that have not answered say how far they are", () => {
  const { rows, extent } = checkpointRows(ANSWER.history[1]!, 2100);
  expect(extent).toBe(100);
  expect(rows.map(({ now }) => now)).toEqual(["", "barrier on 2 of 3 channels", "not told of it yet"]);
  expect(rows.map(({ straggler }) => straggler)).toEqual([false, true, false]);
});
