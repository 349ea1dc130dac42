/** The drawing of event time: what an operator's log becomes. */
import { expect, test } from "vitest";
import { FATES, TIME_KINDS, type TimeLog } from "../engine/protocol";
import { axisText, timeChart, timeText, timeTicks } from "./event-time";

type Entry = readonly [
  kind: (typeof TIME_KINDS)[number],
  tick: number,
  time: number,
  end?: number,
  key?: number,
];

/** A log of windows of keys "a" and "b"; records are on time, unless `fates` says otherwise. */
function logOf(
  entries: readonly Entry[],
  into: readonly number[] = [],
  fates: readonly number[] = [],
): TimeLog {
  return {
    skipped: 0,
    kinds: Uint8Array.from(entries.map(([kind]) => TIME_KINDS.indexOf(kind))),
    ticks: Float64Array.from(entries.map(([, tick]) => tick)),
    keys: Uint32Array.from(entries.map(([, , , , key]) => key ?? 0)),
    times: Float64Array.from(entries.map(([, , time]) => time)),
    ends: Float64Array.from(entries.map(([, , , end]) => end ?? NaN)),
    fates: Uint8Array.from(entries.map((_, at) => fates[at] ?? 0)),
    into: Float64Array.from(into),
    keyTexts: ["a", "b"],
    lateRecordsDropped: 0,
  };
}

test("windows of all keys with one span are one box, kept while one of them is", () => {
  const log = logOf([
    ["added", 1, 0, 10, 0],
    ["record", 1, 3, NaN, 0],
    ["added", 4, 0, 10, 1],
    ["record", 4, 7, NaN, 1],
    ["watermark", 6, 9],
    ["fired", 6, 0, 10, 0],
    ["cleared", 6, 0, 10, 0],
    ["fired", 6, 0, 10, 1],
  ]);
  const all = timeChart(log);
  expect(all.windows).toEqual([
    {
      start: 0,
      end: 10,
      key: null,
      since: 1,
      added: [1, 4],
      fired: [6],
      over: null,
      merged: false,
      opened: false,
    },
  ]);
  expect(all.watermark).toEqual([{ tick: 6, time: 9 }]);
  expect(all.newest).toEqual([
    { tick: 1, time: 3 },
    { tick: 4, time: 7 },
  ]);
  const one = timeChart(log, 0);
  expect(one.windows).toMatchObject([{ key: 0, added: [1], over: 6 }]);
  expect(one.points).toHaveLength(1);
});

test("a session holds what was in those that merged into it", () => {
  const log = logOf(
    [
      ["added", 1, 0, 5],
      ["added", 2, 8, 13],
      ["merged", 3, 0, 5],
      ["merged", 3, 8, 13],
      ["added", 3, 0, 13],
      ["fired", 9, 0, 13],
    ],
    [0, 13, 0, 13],
  );
  expect(timeChart(log).windows).toMatchObject([
    { start: 0, end: 5, over: 3, merged: true },
    { start: 8, end: 13, over: 3, merged: true },
    { start: 0, end: 13, key: 0, since: 3, added: [1, 2, 3], fired: [9], over: null },
  ]);
});

test("records are counted by what became of them, and know the watermark that they found", () => {
  const fates = ["record", "record", "record", "record"].map((_, at) => at);
  const log = logOf(
    [
      ["record", 1, 5],
      ["record", 2, 6],
      ["record", 3, 7],
      ["record", 4, 8],
    ],
    [],
    fates,
  );
  const chart = timeChart(log);
  expect(chart.points.map(({ fate }) => fate)).toEqual(FATES);
  expect(Object.values(chart.fates)).toEqual([1, 1, 1, 1]);
  expect(chart.points[0]?.watermark).toBe(-Infinity);
});

test("the global window and the end of time are no places on an axis", () => {
  const log = logOf([
    ["added", 1, -Infinity, Infinity],
    ["record", 1, NaN],
    ["watermark", 2, Infinity],
  ]);
  const chart = timeChart(log);
  expect(chart.windows).toEqual([]);
  expect(chart.times).toEqual([0, 1]);
});

test("times are told as they are meant", () => {
  expect(timeText(4890)).toBe("4,890");
  expect(timeText(-1)).toBe("−1");
  expect(timeText(1_767_225_600_250)).toBe("00:00:00.250");
  expect(timeText(951_782_400_000)).toBe("2000-02-29 00:00:00");
  expect(timeText(-Infinity)).toBe("none yet");
  expect(axisText(-0, 10)).toBe("0");
  expect(axisText(951_782_400_000, 10 * 86_400_000)).toBe("02-29 00:00");
  expect(timeTicks([-3, 12], 4)).toEqual([0, 5, 10]);
  expect(timeTicks([0, 3_600_000], 4)).toEqual([0, 900_000, 1_800_000, 2_700_000, 3_600_000]);
});

test("days have few labels also in a view without height", () => {
  for (const room of [0.1, 0, -0.3, -5]) {
    expect(timeTicks([0, 4 * 86_400_000], room)).toEqual([0]);
  }
});

test("the interval of a join is there before anything is in it, and is forgotten", () => {
  const chart = timeChart(
    logOf([
      ["opened", 1, 0, 10, 0],
      ["record", 1, 5, NaN, 0],
      ["opened", 2, 20, 30, 1],
      ["record", 3, 7, NaN, 0],
      ["added", 3, 0, 10, 0],
      ["cleared", 9, 0, 10, 0],
    ]),
  );
  expect(chart.windows.map(({ start, added, over, opened }) => [start, added, over, opened])).toEqual([
    [0, [3], 9, true],
    [20, [], null, true],
  ]);
  expect(chart.points.map(({ entry }) => entry)).toEqual([1, 3]);
});

test("a timer waits from where it was set until it fires or is deleted", () => {
  const log = logOf([
    ["timerSet", 1, 50, NaN, 0],
    ["timerSet", 2, 60, NaN, 0],
    ["timerSet", 3, 50, NaN, 0],
    ["timerSet", 4, 50, NaN, 1],
    ["timerDeleted", 5, 60, NaN, 0],
    ["watermark", 8, 55],
    ["timerFired", 8, 50, NaN, 0],
    ["clockTimerSet", 8, 50, NaN, 0],
    ["clockTimerSet", 9, 70, NaN, 0],
    ["clockTimerDeleted", 10, 50, NaN, 0],
    ["clockTimerFired", 71, 70, NaN, 0],
  ]);
  const chart = timeChart(log);
  expect(chart.timers).toEqual([
    { clock: false, time: 50, key: 0, since: 1, over: 8, fired: true },
    { clock: false, time: 60, key: 0, since: 2, over: 5, fired: false },
    { clock: false, time: 50, key: 1, since: 4, over: null, fired: false },
    { clock: true, time: 50, key: 0, since: 8, over: 10, fired: false },
    { clock: true, time: 70, key: 0, since: 9, over: 71, fired: true },
  ]);
  expect(timeChart(log, 1).timers).toHaveLength(1);
  expect(chart.times).toEqual([50, 60]);
});
