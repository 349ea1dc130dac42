/** What was built is fresh as long as nothing that it was built from changed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesUnder, inputsHash, isFresh, markFresh } from "./fresh.mjs";
import { ROOT } from "./process.mjs";

const folder = mkdtempSync(join(ROOT, "node_modules", "fresh-test-"));
const path = relative(ROOT, folder);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("contents, names and what else counts change the hash; writing the same does not", () => {
  writeFileSync(join(folder, "a"), "1");
  const before = inputsHash([path]);
  writeFileSync(join(folder, "a"), "1");
  expect(inputsHash([path])).toBe(before);
  writeFileSync(join(folder, "a"), "2");
  const changed = inputsHash([path]);
  expect(changed).not.toBe(before);
  expect(inputsHash([path], { also: ["x"] })).not.toBe(changed);
  writeFileSync(join(folder, "b"), "");
  expect(inputsHash([path])).not.toBe(changed);
  expect(inputsHash([path], { leftOut: [`${path}/b`] })).toBe(changed);
});

test("files are listed in the order of their names; what is missing has none", () => {
  expect(filesUnder(path)).toEqual([`${path}/a`, `${path}/b`]);
  expect(filesUnder(`${path}/missing`)).toEqual([]);
});

test("a stamp holds for its hash only", () => {
  const stamp = `${path}/deeper/stamp`;
  expect(isFresh(stamp, "h")).toBe(false);
  markFresh(stamp, "h");
  expect(isFresh(stamp, "h")).toBe(true);
  expect(isFresh(stamp, "other")).toBe(false);
});
