/** The engine's wasm, by name: the one file that knows where its bindings stand. */
export * from "./generated/weir_wasm";
export { default } from "./generated/weir_wasm";
