//! Panics as results: a run that does not hold panics, and a search tells it and goes on with the next one.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// What the panic of this thread said; `None` outside of [`held`].
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a call returns, or what its panic said, which is not printed then.
pub(crate) fn held<R>(call: impl FnOnce() -> R) -> Result<R, String> {
    listen();
    let outer = SAID.replace(Some(String::new()));
    let outcome = catch_unwind(AssertUnwindSafe(call));
    let said = SAID.replace(outer).unwrap_or_default();
    outcome.map_err(|_| said)
}

/// Lets panics inside of [`held`] be noted; all others are printed as ever.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let printed = take_hook();
        set_hook(Box::new(move |panic| {
            if SAID.with_borrow(Option::is_some) {
                SAID.set(Some(panic.to_string()));
            } else {
                printed(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::held;

    #[test]
    fn what_a_panic_says_is_the_error() {
        assert_eq!(held(|| 1), Ok(1));
        let said = held(|| panic!("no")).unwrap_err();
        assert!(said.ends_with("no"), "{said}");
        assert!(held(|| held(|| panic!("inner")).unwrap_err()).is_ok_and(|said| said.ends_with("inner")));
    }
}
