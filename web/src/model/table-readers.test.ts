/** What two readers of a table see, row by row. */
import { expect, test } from "vitest";
import { tableRows } from "./table-readers";

const row = (text: string, tick: number, task = 0): { text: string; tick: number; task: number } => ({
  text,
  tick,
  task,
});

test("a row that was written again is committed once, and the first writing is lost", () => {
  const all = [row("a", 1), row("b", 2), row("b", 20), row("c", 21), row("x", 3, 1)];
  const rows = tableRows(all, [row("a", 10), row("b", 30)]);
  expect(rows.map(({ text, committed, lost }) => [text, committed, lost])).toEqual([
    ["a", 10, false],
    ["b", null, true],
    ["b", 30, false],
    ["c", null, false],
    ["x", null, false],
  ]);
});

test("a commit takes no row that was written after it", () => {
  const rows = tableRows([row("a", 1), row("a", 15)], [row("a", 10)]);
  expect(rows.map(({ committed }) => committed)).toEqual([10, null]);
});
