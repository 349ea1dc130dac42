//! The engine in JavaScript: bindings by wasm-bindgen.
