/** Texts fit where they are put, and say so where they were cut. */
import { expect, test } from "vitest";
import { TextRuler, TextStyle } from "./text-ruler";

/** Ten pixels a character at size 10. */
function ruler(calls: string[] = []): TextRuler {
  return new TextRuler((text) => {
    calls.push(text);
    return text.length * 100;
  });
}

const plain = TextStyle.regular;

test("what fits stays, what does not is cut with an ellipsis", () => {
  const texts = ruler();
  expect(texts.fit("Flat Map", 10, plain, 80)).toBe("Flat Map");
  expect(texts.fit("Flat Map", 10, plain, 79)).toBe("Flat M…");
  expect(texts.fit("Flat Map", 10, plain, 65)).toBe("Flat…");
  expect(texts.fit("Flat Map", 10, plain, 15)).toBe("");
});

test("an arrow that would lead nowhere goes", () => {
  expect(ruler().fit("Sum → Print", 10, plain, 75)).toBe("Sum…");
});

test("the end is kept", () => {
  const texts = ruler();
  expect(texts.fitWithEnd("Keyed Aggregation", " (1/4)", 10, plain, 130)).toBe("Keyed… (1/4)");
  expect(texts.fitWithEnd("Sum", " (1/4)", 10, plain, 60)).toBe("(1/4)");
  expect(texts.fitWithEnd("Sum", " (1/4)", 10, plain, 40)).toBe("");
});

test("lines break after spaces and marks and inside camel case", () => {
  const texts = ruler();
  expect(texts.wrap("Timestamps/Watermarks", 10, plain, 120, 2)).toEqual(["Timestamps/", "Watermarks"]);
  expect(texts.wrap("TumblingEventTimeWindows", 10, plain, 100, 3)).toEqual([
    "Tumbling",
    "EventTime",
    "Windows",
  ]);
  expect(texts.wrap("Sink: Print to Std. Out", 10, plain, 100, 2)).toEqual(["Sink:", "Print to…"]);
  expect(texts.wrap("Source: Sequence Source", 10, plain, 75, 3)).toEqual(["Source:", "Sequen…"]);
  expect(texts.wrap("Map", 10, plain, 20, 2)).toEqual(["M…"]);
  expect(texts.wrap("Map", 10, plain, 10, 2)).toEqual([]);
});

test("no line is wider than its room", () => {
  const texts = ruler();
  for (let room = 10; room < 260; room += 7) {
    for (const text of ["Source: Collection Source", "a-b-c-d", "OneVeryLongNameWithoutAnySpace"]) {
      for (const line of texts.wrap(text, 10, plain, room, 3)) {
        expect(texts.width(line, 10, plain)).toBeLessThanOrEqual(room);
      }
    }
  }
});

test("each character is measured once for a style", () => {
  const calls: string[] = [];
  const texts = ruler(calls);
  for (let i = 0; i < 100; i += 1) texts.width("banana", 8 + i / 4, plain);
  expect(calls.sort()).toEqual(["a", "b", "n"]);
});
