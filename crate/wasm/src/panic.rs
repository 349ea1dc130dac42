//! A panic of the engine: kept in words, so that the page can say what happened before it gives up this run.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs once when the module is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        MESSAGE.with_borrow_mut(|message| *message = Some(info.to_string()));
    }));
}

/// What the last panic said; `undefined` if there was none. After a panic the module must not be used for
/// anything else.
#[wasm_bindgen(js_name = panicMessage)]
pub fn panic_message() -> Option<String> {
    MESSAGE.with_borrow(Clone::clone)
}

/// The version of the engine.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
