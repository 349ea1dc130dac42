/** Watermarks in a frame, and as a card writes them. */
import { expect, test } from "vitest";
import { Header, LAYOUT_VERSION, TASK_FIELDS } from "../engine/frame";
import { FrameReader } from "./frame-reader";
import { parseTime, shortTimeText, timeText } from "./time-text";

/** A frame of one task whose watermark is this 64-bit number. */
function frameOf(watermark: bigint): Uint32Array {
  const words = new Uint32Array(Header.length + TASK_FIELDS.length);
  words[Header.layoutVersion] = LAYOUT_VERSION;
  words[Header.taskCount] = 1;
  const fromLeast = watermark + 2n ** 63n;
  words[Header.length + TASK_FIELDS.indexOf("watermarkLow")] = Number(fromLeast & 0xffff_ffffn);
  words[Header.length + TASK_FIELDS.indexOf("watermarkHigh")] = Number(fromLeast >> 32n);
  return words;
}

test.each([
  [-(2n ** 63n), -Infinity],
  [2n ** 63n - 1n, Infinity],
  [0n, 0],
  [-101n, -101],
  [1_767_225_603_250n, 1_767_225_603_250],
])("a watermark of %s is read as %s", (watermark, read) => {
  const reader = new FrameReader();
  reader.read(frameOf(watermark));
  expect(reader.watermark(0)).toBe(read);
});

test("a card has room for the time of day", () => {
  expect(shortTimeText(Infinity)).toBe("end");
  expect(shortTimeText(-101)).toBe("−101");
  expect(shortTimeText(978_480_900_000)).toBe("00:15:00");
});

test.each([
  [-101, 0],
  [4890, 4890],
  [1_767_225_603_250, 1_767_225_600_000],
  [978_480_900_000, 978_480_900_000],
])("what is written for %s is read again", (time, like) => {
  expect(parseTime(timeText(time), like)).toBe(time);
});

test("a time is read as it is meant, or not at all", () => {
  const like = 978_480_900_000;
  expect(parseTime("06:05", like)).toBe(like - 900_000 + (6 * 60 + 5) * 60_000);
  expect(parseTime("24:00", like)).toBeNull();
  for (const text of ["", "soon", "1:2:3", "6", "−7 x"].filter((text) => text !== "6"))
    expect(parseTime(text, like)).toBeNull();
});
