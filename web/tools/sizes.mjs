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

/** What the wasm may be. */
const WASM_BROTLI_BUDGET = 350_000;
/** What it is at most until it is within its budget again. It ought to fall alone, and was raised for new systems. */
const WASM_BROTLI_MAX = 390_500;
const LOADER_GZIP_MAX = 15_000;
/** What all that loads before the editor may be, and what it is at most for now, in the same way. */
const BEFORE_EDITOR_GZIP_BUDGET = 600_000;
const BEFORE_EDITOR_GZIP_MAX = 597_500;

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
 * @property {string} [name]
 */

/**
 * The wasm; what a script tag loads; the scripts and styles before the editor opens; and those with the wasm.
 * @returns {{ wasm: Size, loader: Size, script: Size, beforeEditor: Size }}
 */
export function measureSizes() {
  const files = readdirSync(join(ROOT, SITE, "assets")).map((file) => `assets/${file}`);
  const wasm = files.filter((file) => file.endsWith(".wasm"));
  const scripts = files.filter((file) => /\.(?:js|css)$/.test(file));
  // A view and what it shares with others that are opened may have the same name.
  const filesOf = (/** @type {readonly string[]} */ names) =>
    new Set(chunks().flatMap(({ name, file }) => (name !== undefined && names.includes(name) ? [file] : [])));
  // Other chunks that are loaded later are counted too: better too much than too little.
  const later = filesOf([...OPENED_CHUNKS, FALLBACK_CHUNK]);
  const script = scripts.filter((file) => !later.has(file));
  return {
    wasm: sizeOf("engine wasm", wasm),
    loader: sizeOf(
      "loader of the element",
      scripts.filter((file) => filesOf([LOADER_CHUNK]).has(file)),
    ),
    script: sizeOf("scripts and styles before the editor", script),
    beforeEditor: sizeOf("all before the editor", [...script, ...wasm]),
  };
}

/** The chunk that a page's script tag loads. */
const LOADER_CHUNK = "index";
/**
 * Chunks that come when the reader opens what they are for: the editor, lists, views, a TaskManager, another example
 * and the texts that it reads, the parser that tells where an error is.
 */
const OPENED_CHUNKS = [
  "job-editor",
  "messages",
  "trace",
  "faults",
  "event-time",
  "checkpoints",
  "sequence",
  "inspected",
  "beside",
  "view-styles",
  "trace-feed",
  "task-manager-view",
  "time-view",
  "library",
  "examples",
  "alice-3",
  "flights",
  "quakes",
  "acorn",
  "help",
  "wreck",
  "cluster-form",
  "processes",
  "process-acts",
  "failover",
  "failures",
  "region-words",
  "section-styles",
  "questions",
  "download",
  "table-head",
  "dagre-placement",
  "heartbeats",
  "reading",
];
/** The engine on the page's own thread, where workers are forbidden: a page loads it or the worker, never both. */
const FALLBACK_CHUNK = "local-engine";

/** @returns {ManifestEntry[]} */
function chunks() {
  /** @type {Record<string, ManifestEntry>} */
  const manifest = JSON.parse(readFileSync(join(ROOT, SITE, ".vite/manifest.json"), "utf8"));
  return Object.values(manifest);
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
    if (sizes.wasm.brotli > WASM_BROTLI_BUDGET) {
      console.log(`Over budget: the wasm is ${sizes.wasm.brotli} of ${WASM_BROTLI_BUDGET} bytes, brotli.`);
    }
    if (sizes.wasm.brotli > WASM_BROTLI_MAX) {
      console.log(`It is also over what it was allowed until then, ${WASM_BROTLI_MAX} bytes.`);
      status = 1;
    }
    if (sizes.loader.gzip > LOADER_GZIP_MAX) {
      console.log(`The loader is over its budget of ${LOADER_GZIP_MAX} bytes, gzip.`);
      status = 1;
    }
    const before = sizes.beforeEditor.gzip;
    if (before > BEFORE_EDITOR_GZIP_BUDGET) {
      console.log(
        `Over budget: before the editor load ${before} of ${BEFORE_EDITOR_GZIP_BUDGET} bytes, gzip.`,
      );
    }
    if (before > BEFORE_EDITOR_GZIP_MAX) {
      console.log(`That is also over what it was allowed until then, ${BEFORE_EDITOR_GZIP_MAX} bytes.`);
      status = 1;
    }
    return status;
  });
}
