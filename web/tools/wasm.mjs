/**
 * `npm run wasm [-- --dev]`: the engine's wasm and its bindings in `web/src/engine/generated/`, built only
 * where something that they are made from changed. `--dev` builds in seconds, without optimisation.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { inputsHash, isFresh, markFresh } from "./fresh.mjs";
import { Obstacle, ROOT, command, isProgram, run } from "./process.mjs";
import { ensureCrates, ensurePackages, ensureRust, requireNode } from "./setup.mjs";

const FOLDER = "web/src/engine/generated";
const MODULE = `${FOLDER}/weir_wasm_bg.wasm`;
/** Hash of all that the module in the folder was made from; other builds take it as an input. */
export const WASM_STAMP = `${FOLDER}/stamp`;

/** @typedef {"release" | "dev"} WasmProfile */

/**
 * @param {WasmProfile} [profile]
 * @returns {Promise<boolean>} whether it had to be built
 */
export async function ensureWasm(profile = "release") {
  const compiler = (await run("rustc", ["--version"])).output;
  const hash = inputsHash(
    [
      ".cargo/config.toml",
      "Cargo.toml",
      "Cargo.lock",
      "crate/engine/Cargo.toml",
      "crate/engine/src",
      "crate/wasm",
      "crate/xtask",
      "web/tools/wasm.mjs",
    ],
    { also: [profile, compiler] },
  );
  if (isFresh(WASM_STAMP, hash)) {
    return false;
  }
  await ensureRust();
  await ensureCrates();
  console.error("Building the engine's wasm: the first time takes some minutes, later ones seconds.");
  const built = await run("cargo", ["xtask", "wasm", profile === "dev" ? "--dev" : "--release"], {
    show: true,
  });
  if (built.status !== 0) {
    throw new Obstacle(
      "The engine's wasm was not built; the reason stands above. Where it says that the linker `cc` is missing: " +
        "Debian, `apt-get install build-essential`.",
    );
  }
  markFresh(WASM_STAMP, hash);
  console.error(`${MODULE}: ${Math.round(statSync(join(ROOT, MODULE)).size / 1000)} kB`);
  return true;
}

if (isProgram(import.meta.url)) {
  await command(async () => {
    requireNode();
    await ensurePackages();
    const built = await ensureWasm(process.argv.includes("--dev") ? "dev" : "release");
    if (!built) {
      console.log("The engine's wasm is up to date.");
    }
    return 0;
  });
}
