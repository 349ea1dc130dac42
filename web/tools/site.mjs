/**
 * `npm run build`: the page in `dist/`, bundled only where something that it is made from changed. The folder
 * can be put on any web server as it is.
 */
import { join } from "node:path";
import { filesUnder, inputsHash, isFresh, markFresh } from "./fresh.mjs";
import { ROOT, command, isProgram } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";
import { WASM_STAMP, ensureWasm } from "./wasm.mjs";

export const SITE = "dist";
export const VITE_CONFIG = join(ROOT, "web/vite.config.ts");
const STAMP = "node_modules/.cache/weir/site";

/**
 * @returns {Promise<boolean>} whether it had to be bundled
 */
export async function ensureSite() {
  const sources = filesUnder("web/src").filter((file) => !file.endsWith(".test.ts"));
  const hash = inputsHash([
    "index.html",
    "package-lock.json",
    "web/pages",
    "web/tools/templates.mjs",
    "web/tsconfig.json",
    "web/vite.config.ts",
    WASM_STAMP,
    ...sources,
  ]);
  if (isFresh(STAMP, hash) && filesUnder(SITE).length > 0) {
    return false;
  }
  console.error("Bundling the page ...");
  const { build } = await import("vite");
  await build({ configFile: VITE_CONFIG, logLevel: "warn" });
  markFresh(STAMP, hash);
  return true;
}

if (isProgram(import.meta.url)) {
  await command(async () => {
    requireNode();
    await ensurePackages();
    await ensureWasm();
    console.log((await ensureSite()) ? `The page is in ${SITE}/.` : `The page in ${SITE}/ is up to date.`);
    return 0;
  });
}
