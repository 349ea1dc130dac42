/**
 * The engine's wasm for all workers of a page: fetched as soon as a lab is to be shown, beside the scripts that will ask
 * for it, and compiled once.
 */

let compiled: Promise<WebAssembly.Module | null> | undefined;

/** Null where it could not be had here: whoever needs it then tries by itself, and says what is wrong. */
export function engineModule(): Promise<WebAssembly.Module | null> {
  compiled ??= compile().catch(() => null);
  return compiled;
}

async function compile(): Promise<WebAssembly.Module> {
  return WebAssembly.compileStreaming(fetch(new URL("./generated/weir_wasm_bg.wasm", import.meta.url)));
}
