/** A list of which only a window is here: what it reads, and when. */
import { expect, test } from "vitest";
import { WindowList, type Part } from "./window-list";

/** A list of the numbers below `total`, and what was read of it. */
function numbers(total: number) {
  const source = { total };
  const reads: (number | "end")[] = [];
  let changes = 0;
  const list = new WindowList<number>(
    async (from, limit): Promise<Part<number>> => {
      reads.push(from);
      await Promise.resolve();
      const start = from === "end" ? Math.max(0, source.total - limit) : from;
      const end = Math.min(source.total, start + limit);
      return {
        from: start,
        entries: Array.from({ length: Math.max(0, end - start) }, (_, at) => start + at),
        total: source.total,
      };
    },
    () => (changes += 1),
  );
  return { list, source, reads, changes: () => changes };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("follows the end of a growing list by one read a change", async () => {
  const { list, source, reads } = numbers(10_000);
  list.show(0, 20, true);
  list.refresh();
  await settled();
  expect(list.total).toBe(10_000);
  expect(list.at(9999)).toBe(9999);
  expect(list.at(0)).toBeUndefined();
  list.show(9980, 10_000, true);
  source.total = 10_050;
  list.refresh();
  await settled();
  expect(list.at(10_049)).toBe(10_049);
  expect(reads).toEqual(["end", "end"]);
});

test("reads what is scrolled to, and only once while it is in the window", async () => {
  const { list, reads } = numbers(10_000);
  list.refresh();
  await settled();
  list.show(5000, 5020, false);
  await settled();
  expect([list.at(4900), list.at(5000), list.at(5019)]).toEqual([4900, 5000, 5019]);
  list.show(5050, 5070, false);
  await settled();
  expect(reads).toEqual(["end", 4900]);
});

test("a list that became shorter ends where it does now", async () => {
  const { list, source } = numbers(500);
  list.refresh();
  await settled();
  source.total = 3;
  list.refresh();
  await settled();
  expect([list.total, list.at(2), list.at(3)]).toEqual([3, 2, undefined]);
});

test("what was asked of the list before is not taken for the new one", async () => {
  const { list, source, changes } = numbers(500);
  list.refresh();
  source.total = 7;
  list.restart();
  await settled();
  expect([list.total, changes()]).toEqual([7, 1]);
});

test("reads an entry that is not here yet for whoever needs it, and an entry that is here not again", async () => {
  const { list, reads } = numbers(10_000);
  list.refresh();
  await settled();
  expect(await list.entry(3)).toBe(3);
  expect(await list.entry(9_990)).toBe(9_990);
  expect(await list.entry(10_000)).toBeUndefined();
  expect(reads).toEqual(["end", 3, 10_000]);
});
