/**
 * Loads the engine's wasm, once for each page, worker or process.
 *
 * A panic leaves a module that must not be used again: whoever meets one takes a new worker, or reloads.
 */
import init, { initSync } from "./native";

let loading: Promise<void> | undefined;

/** Loads the engine from the module or the bytes that are given; without them, in a browser, from beside the bundle. */
export function loadEngine(given: BufferSource | WebAssembly.Module | null = null): Promise<void> {
  loading ??= load(given);
  return loading;
}

/** Between what the engine throws and the job's line on the stack lie the engine's own frames. */
const STACK_FRAMES = 60;

async function load(given: BufferSource | WebAssembly.Module | null): Promise<void> {
  Error.stackTraceLimit = Math.max(Error.stackTraceLimit, STACK_FRAMES);
  if (given !== null) {
    initSync({ module: given });
    return;
  }
  await init({ module_or_path: new URL("./generated/weir_wasm_bg.wasm", import.meta.url) });
}
