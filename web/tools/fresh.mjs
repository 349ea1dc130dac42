/**
 * What is up to date: a stamp beside what was built holds a hash over all that it was built from. Contents
 * decide, not times, so that a clone, a checkout or a copy rebuilds nothing that did not change.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./process.mjs";

/**
 * Every file under a file or folder, in the order of their names.
 * @param {string} path from the top folder
 * @param {readonly string[]} leftOut paths from the top folder that are not entered
 * @returns {string[]} paths from the top folder
 */
export function filesUnder(path, leftOut = []) {
  const full = join(ROOT, path);
  if (leftOut.includes(path) || !existsSync(full)) {
    return [];
  }
  if (!statSync(full).isDirectory()) {
    return [path];
  }
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesUnder(`${path}/${name}`, leftOut));
}

/**
 * A hash over names and contents.
 * @param {readonly string[]} paths files and folders, from the top folder
 * @param {{ leftOut?: readonly string[], also?: readonly string[] }} [options] `also`: texts that count as inputs
 * @returns {string}
 */
export function inputsHash(paths, options = {}) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesUnder(path, options.leftOut))) {
    const content = readFileSync(join(ROOT, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  for (const text of options.also ?? []) {
    hash.update(`\0${text}`);
  }
  return hash.digest("hex");
}

/**
 * @param {string} stamp its path from the top folder
 * @param {string} hash
 * @returns {boolean}
 */
export function isFresh(stamp, hash) {
  const full = join(ROOT, stamp);
  return existsSync(full) && readFileSync(full, "utf8") === hash;
}

/**
 * Notes what something was built from, after it was built.
 * @param {string} stamp
 * @param {string} hash
 */
export function markFresh(stamp, hash) {
  const full = join(ROOT, stamp);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, hash);
}
