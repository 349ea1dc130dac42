/** Moving a record: round times, and what becomes of the run's commands. */
import { expect, test } from "vitest";
import type { GivenCommand, RecordOrigin } from "../../engine/protocol";
import type { TimeChart } from "../../model/event-time";
import { moveInWords, nudged, timeAt, withMove, without } from "./move";
import { chartScale } from "./scale";

const origin: RecordOrigin = { tick: 40, task: 2, operator: 1, record: 7, timestamp: 500 };
const cancel: GivenCommand = { tick: 90, command: { kind: "cancelJob" } };

test("a move is a command at the tick at which the record was given its time, beside the others", () => {
  const moved = withMove([cancel], origin, 800);
  expect(moved.from).toBe(40);
  expect(moved.commands).toEqual([
    {
      tick: 40,
      command: { kind: "setTimestamp", task: 2, operator: 1, record: 7, timestamp: 800, was: 500 },
    },
    cancel,
  ]);
  // Moved once more, the run tells the time that it has now: what it was stays known.
  const again = withMove(moved.commands, { ...origin, timestamp: 800 }, 200);
  expect(again.commands).toHaveLength(2);
  expect(again.commands[0]?.command).toMatchObject({ timestamp: 200, was: 500 });
  expect(withMove(again.commands, { ...origin, timestamp: 200 }, 500).commands).toEqual([cancel]);
  expect(without(moved.commands, moved.commands[0]!)).toEqual({ from: 40, commands: [cancel] });
});

const chart = { firstTick: 0, times: [0, 1000] } as unknown as TimeChart;
const scale = chartScale(chart, 100, 400, 230);

test("times on the way are round, and keys go from one to the next", () => {
  expect(timeAt(scale, scale.y(503))).toBe(505);
  const key = (name: string, shiftKey = false): KeyboardEvent => ({ key: name, shiftKey }) as KeyboardEvent;
  expect(nudged(503, key("ArrowUp"), scale)).toBe(520);
  expect(nudged(503, key("ArrowDown"), scale)).toBe(500);
  expect(nudged(500, key("ArrowDown"), scale)).toBe(480);
  expect(nudged(500, key("ArrowUp", true), scale)).toBe(600);
  expect(nudged(500, key("Enter"), scale)).toBeNull();
});

test("the words say on which side of the watermark it comes to stand", () => {
  const point = { entry: 0, tick: 1, time: 500, fate: "onTime", key: 0, watermark: 400 } as const;
  expect(moveInWords(point, 600)).toContain("ahead of the watermark");
  expect(moveInWords(point, 400)).toContain("behind the watermark");
  expect(moveInWords({ ...point, watermark: -Infinity }, 400)).toBe("From 500 to 400.");
});
