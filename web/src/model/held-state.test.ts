/** What restoring a checkpoint would change, from the engine's rows to what is said. */
import { expect, test } from "vitest";
import { readHeldState } from "../engine/held-state";
import { changeCounts, heldRows, readAgain } from "./held-state";

const [KEYED, TIMER, SPLIT, LIST] = [0, 1, 2, 3];

const STATE = readHeldState({
  numbers: Float64Array.from([
    5,
    ...[KEYED, 12, 0],
    ...[KEYED, 13, 0],
    ...[TIMER, 0, 1],
    ...[SPLIT, 0, 0],
    ...[LIST, 0, 0],
    4,
    ...[KEYED, 12, 0],
    ...[KEYED, 14, 0],
    ...[TIMER, 0, 1],
    ...[SPLIT, 0, 0],
  ]),
  texts: [
    "",
    ...["count", "sum", "a", "", "1"],
    ...["count", "sum", "b", "", "2"],
    ...["count", "event time", "a", "", "500"],
    ...["numbers", "", "", "", "split 1: 10 to 99"],
    ...["sink", "committables", "", "", "(1,x)"],
    ...["count", "sum", "a", "", "7"],
    ...["count", "sum", "c", "", "3"],
    ...["count", "event time", "a", "", "500"],
    ...["numbers", "", "", "", "split 1: 60 to 99"],
  ],
  sentence: [],
});

test("each entry stands beside what it would become", () => {
  const rows = heldRows(STATE);
  expect(rows.map(({ entry, then, now, change }) => [entry.key, then, now, change])).toEqual([
    ["a", "1", "7", "changes"],
    ["b", "2", null, "returns"],
    ["a", "500", "500", "stays"],
    ["", "split 1: 10 to 99", "split 1: 60 to 99", "changes"],
    ["", "(1,x)", null, "given"],
    ["c", null, "3", "goes"],
  ]);
  expect(changeCounts(rows)).toEqual({ stays: 1, changes: 2, returns: 1, goes: 1, given: 1 });
  expect(readAgain(rows)).toEqual([{ name: "numbers (1)", records: 50 }]);
});
