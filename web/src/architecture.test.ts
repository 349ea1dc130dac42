/**
 * Holds the shape of `web/src`: which folder may import which, and that each file says what it is about.
 * The table is the one of ARCHITECTURE.md; a new edge is a change of it, in a commit that says why.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** What each folder may import besides itself: a folder, or one file of it. Packages are not meant. */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  // The API makes calls of the engine's builder, and knows nothing of ports, workers or frames.
  api: ["engine/native", "engine/protocol"],
  engine: ["api"],
  model: ["engine/protocol", "engine/frame"],
  draw: ["model", "engine/protocol"],
  examples: [],
  ui: ["api", "engine", "model", "draw", "examples"],
  element: ["api", "engine", "model", "draw", "examples", "ui"],
};

const NAMES_BANNED = ["util", "utils", "helper", "helpers", "common", "misc"];
const LINES_MAX = 600;

const sourceFolder = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(ts|mjs|js)$/.test(file) && !file.startsWith("engine/generated/"))
  .sort();
const sources = files.map((file) => ({ file, text: readFileSync(join(sourceFolder, file), "utf8") }));

/** The files that a source imports by a relative path, from `web/src`, without their ending. */
function importedFiles(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*|new URL\(\s*)"(\.[^"]*)"/g)];
  return specifiers.map((match) => {
    const target = join(sourceFolder, dirname(file), match[1] ?? "");
    return relative(sourceFolder, target).replace(/\.(ts|js)$/, "");
  });
}

/** The imports of a file that the table does not allow. */
function importFaults(file: string, text: string): string[] {
  const folder = file.split("/")[0] ?? "";
  if (!file.includes("/") || file.endsWith(".test.ts")) {
    return []; // `index.ts` knows all, and so may a test.
  }
  const allowed = [folder, ...(IMPORTS[folder] ?? [])];
  return importedFiles(file, text)
    .filter((target) => !allowed.some((entry) => target === entry || target.startsWith(`${entry}/`)))
    .map((target) => `${file} imports ${target}`);
}

test("every folder stands in the import table", () => {
  const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
  expect([...folders].filter((folder) => folder === undefined || !(folder in IMPORTS))).toEqual([]);
});

test("folders import only what the table allows", () => {
  expect(sources.flatMap(({ file, text }) => importFaults(file, text))).toEqual([]);
});

test("the table forbids what it should", () => {
  expect(importFaults("model/a.ts", 'import { x } from "../draw/b";')).toEqual(["model/a.ts imports draw/b"]);
  expect(importFaults("draw/a.ts", 'const b = await import("../ui/b.ts");')).toEqual([
    "draw/a.ts imports ui/b",
  ]);
  expect(importFaults("model/a.ts", 'import type { M } from "../engine/protocol";')).toEqual([]);
});

test("files say first what they are about", () => {
  const silent = sources.filter(({ text }) => !/^\/\*\*\s+(\*\s+)?\S/.test(text));
  expect(silent.map(({ file }) => file)).toEqual([]);
});

test("files are short, and named by what they hold", () => {
  const long = sources.filter(({ text }) => text.split("\n").length > LINES_MAX + 1);
  expect(long.map(({ file }) => file)).toEqual([]);
  const vague = files.filter((file) => file.split(/[/.-]/).some((word) => NAMES_BANNED.includes(word)));
  expect(vague).toEqual([]);
});
