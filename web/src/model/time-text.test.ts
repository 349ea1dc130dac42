/** Watermarks in a frame, and as a card writes them. */
import { expect, test } from "vitest";
import { Header, LAYOUT_VERSION, TASK_FIELDS } from "../engine/frame";
import { FrameReader } from "./frame-reader";
import { shortTimeText } from "./time-text";

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
