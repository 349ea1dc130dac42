/** The files of checkpoints as a tree, each once, with all that need it. */
import { expect, test } from "vitest";
import { fileTree } from "./file-tree";

test("files stand in their directories, shared ones once", () => {
  const shared = { path: "checkpoints/job/shared/a", bytes: 100 };
  const tree = fileTree([
    { id: 3, files: [shared, { path: "checkpoints/job/chk-3/x", bytes: 5 }] },
    { id: 10, files: [shared, { path: "checkpoints/job/chk-10/y", bytes: 7 }] },
  ]);
  expect(tree.name).toBe("checkpoints/job");
  expect(tree.bytes).toBe(112);
  expect(tree.directories.map(({ name, bytes }) => [name, bytes])).toEqual([
    ["chk-3", 5],
    ["chk-10", 7],
    ["shared", 100],
  ]);
  expect(tree.directories[2]?.files).toEqual([{ ...shared, name: "a", users: [3, 10] }]);
});

test("no file, no tree", () => {
  expect(fileTree([])).toEqual({ name: "", directories: [], files: [], bytes: 0 });
});
