/** Reads the JSON files of a folder of recordings. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Obstacle } from "../process.mjs";

/**
 * The JSON files of a folder, by their names without the ending, sorted; of its folder `inner` where it has none
 * itself.
 * @param {string | undefined} folder as the command's user gave it
 * @param {string} inner
 * @param {string} usage
 * @returns {{ name: string, content: unknown }[]}
 */
export function readFolder(folder, inner, usage) {
  if (folder === undefined) {
    throw new Obstacle(usage);
  }
  // npm runs a script in the top folder; a relative path is meant from where npm was called.
  const given = resolve(process.env["INIT_CWD"] ?? process.cwd(), folder);
  const found = [given, join(given, inner)].map(jsonFiles).find((files) => files.length > 0);
  if (found === undefined) {
    throw new Obstacle(`There are no *.json files in ${given}.\n${usage}`);
  }
  return found.map((file) => ({ name: basename(file, ".json"), content: parse(file) }));
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function jsonFiles(folder) {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    return [];
  }
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => join(folder, name));
}

/** @param {string} file */
function parse(file) {
  try {
    return /** @type {unknown} */ (JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Obstacle(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * @param {string | undefined} text
 * @returns {RegExp}
 */
export function pattern(text) {
  try {
    return new RegExp(text ?? "");
  } catch {
    throw new Obstacle(`\`${text ?? ""}\` is no regular expression.`);
  }
}
