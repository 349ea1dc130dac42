/** The comparison finds what differs, and only that. */
import { expect, test } from "vitest";
import { differences, lineDifferences, summary, withoutSubtask } from "./compare.mjs";

test("equal values do not differ, whatever the order of their keys", () => {
  expect(differences({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toEqual([]);
});

test("a difference is named by its path", () => {
  const expected = { vertices: [{ name: "Map" }, { name: "Sink" }] };
  const actual = { vertices: [{ name: "Map" }, { name: "Source" }] };
  expect(differences(expected, actual)).toEqual(['vertices[1].name: expected "Sink" got "Source"']);
});

test("what one side lacks is a difference", () => {
  expect(differences({ uid: "x" }, {})).toEqual(['uid: expected "x" got nothing']);
  expect(differences([1], [1, 2])).toEqual(["[1]: expected nothing got 2"]);
  expect(differences({ a: [] }, { a: {} })).toEqual(["a: expected [] got {}"]);
});

test("lines are compared as a collection that counts", () => {
  expect(lineDifferences(["a", "b", "b"], ["b", "a", "b"])).toEqual([]);
  expect(lineDifferences(["a", "b", "b"], ["a", "b", "c"])).toEqual([
    'line "b": expected 1 more',
    'line "c": got 1 more than expected',
  ]);
});

test("a subtask's number is left out, with or without a prefix before it", () => {
  expect(["2> x", "> x"].map(withoutSubtask)).toEqual(["> x", "> x"]);
  expect(["big:12> big 3", "big:> big 3", "big> big 3"].map(withoutSubtask)).toEqual(
    Array.from({ length: 3 }, () => "big> big 3"),
  );
  expect(withoutSubtask("(a,1)")).toBe("(a,1)");
});

test("a summary is short", () => {
  expect(summary(["a", "b"])).toBe("a; b");
  expect(summary(["a", "b", "c", "d", "e", "f"])).toBe("a; b; c; d; and 2 more");
});
