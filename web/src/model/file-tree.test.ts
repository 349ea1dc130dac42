/** Files as a tree: each once, in its directory. */
import { expect, test } from "vitest";
import { fileTree } from "./file-tree";

test("files stand in their directories, in the order of numbers", () => {
  const tree = fileTree([
    { path: "checkpoints/job/shared/a", bytes: 100, users: [3, 10] },
    { path: "checkpoints/job/chk-10/_metadata", bytes: 7, users: [10] },
    { path: "checkpoints/job/chk-3/x", bytes: 5, users: [3] },
  ]);
  expect(tree.name).toBe("checkpoints/job");
  expect(tree.bytes).toBe(112);
  expect(tree.directories.map(({ name, bytes }) => [name, bytes])).toEqual([
    ["chk-3", 5],
    ["chk-10", 7],
    ["shared", 100],
  ]);
  expect(tree.directories[2]?.files).toEqual([
    { path: "checkpoints/job/shared/a", bytes: 100, users: [3, 10] },
  ]);
});

test("no file, no tree", () => {
  expect(fileTree([])).toEqual({ name: "", directories: [], files: [], bytes: 0 });
});
