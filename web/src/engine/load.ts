/**
 * Loads the engine's wasm, once for each page, worker or process.
 *
 * A panic leaves a module that must not be used again: whoever meets one takes a new worker, or reloads.
 */
import init, { initSync } from "./native";

let loading: Promise<void> | undefined;

/** Loads the engine; in a browser from beside the bundle, elsewhere from the bytes that are given. */
export function loadEngine(bytes?: BufferSource): Promise<void> {
  loading ??= load(bytes);
  return loading;
}

async function load(bytes: BufferSource | undefined): Promise<void> {
  if (bytes !== undefined) {
    initSync({ module: bytes });
    return;
  }
  await init({ module_or_path: new URL("./generated/weir_wasm_bg.wasm", import.meta.url) });
}
