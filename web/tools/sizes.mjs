/**
 * The sizes of what a reader's browser loads, from the bundled page in `dist/`. They are the same on every
 * machine, so that holding the budgets is a test: `node web/tools/sizes.mjs`.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { ROOT, command, isProgram } from "./process.mjs";
import { SITE, ensureSite } from "./site.mjs";
import { ensureWasm } from "./wasm.mjs";

const WASM_BROTLI_MAX = 350_000;
const BEFORE_EDITOR_GZIP_MAX = 600_000;

/**
 * @typedef {object} Size
 * @property {string} name
 * @property {number} raw bytes
 * @property {number} gzip bytes
 * @property {number} brotli bytes
 */

/**
 * @typedef {object} ManifestEntry a chunk, as Vite's manifest has it
 * @property {string} file
 * @property {boolean} [isEntry]
 * @property {string[]} [imports] chunks that are loaded with it
 * @property {string[]} [css]
 * @property {string[]} [assets]
 */

/**
 * The wasm; the lab's JavaScript and styles before the editor opens; and all that, the wasm with it.
 * @returns {{ wasm: Size, script: Size, beforeEditor: Size }}
 */
export function measureSizes() {
  const files = readdirSync(join(ROOT, SITE, "assets"));
  const wasm = files.filter((file) => file.endsWith(".wasm")).map((file) => `assets/${file}`);
  const workers = files.filter((file) => /worker.*\.js$/.test(file)).map((file) => `assets/${file}`);
  const script = [...new Set([...loadedAtFirst("index.html"), ...workers])];
  return {
    wasm: sizeOf("engine wasm", wasm),
    script: sizeOf("lab script and styles before the editor", script),
    beforeEditor: sizeOf("all before the editor", [...script, ...wasm]),
  };
}

/**
 * Files that a page loads without anything being opened: its entry and what that imports statically.
 * @param {string} page
 * @returns {string[]}
 */
function loadedAtFirst(page) {
  /** @type {Record<string, ManifestEntry>} */
  const manifest = JSON.parse(readFileSync(join(ROOT, SITE, ".vite/manifest.json"), "utf8"));
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {string[]} */
  const loaded = [];
  const load = (/** @type {string} */ name) => {
    const chunk = manifest[name];
    if (chunk === undefined || seen.has(name)) {
      return;
    }
    seen.add(name);
    loaded.push(chunk.file, ...(chunk.css ?? []));
    chunk.imports?.forEach(load);
  };
  load(page);
  return loaded;
}

/**
 * @param {string} name
 * @param {readonly string[]} files in `dist/`
 * @returns {Size}
 */
function sizeOf(name, files) {
  const size = { name, raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const content = readFileSync(join(ROOT, SITE, file));
    size.raw += content.length;
    size.gzip += gzipSync(content, { level: 9 }).length;
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    size.brotli += brotliCompressSync(content, { params }).length;
  }
  return size;
}

if (isProgram(import.meta.url)) {
  await command(async () => {
    await ensureWasm();
    await ensureSite();
    const sizes = measureSizes();
    for (const { name, raw, gzip, brotli } of Object.values(sizes)) {
      console.log(`${name}: ${raw} bytes, ${gzip} gzip, ${brotli} brotli`);
    }
    let status = 0;
    if (sizes.wasm.brotli > WASM_BROTLI_MAX) {
      console.log(`The wasm is over its budget of ${WASM_BROTLI_MAX} bytes, brotli.`);
      status = 1;
    }
    if (sizes.beforeEditor.gzip > BEFORE_EDITOR_GZIP_MAX) {
      console.log(
        `What loads before the editor is over its budget of ${BEFORE_EDITOR_GZIP_MAX} bytes, gzip.`,
      );
      status = 1;
    }
    return status;
  });
}
