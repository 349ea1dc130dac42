//! What a state or a timer belongs to beside its key: a window, or nothing.
//!
//! Flink: `Window` with `TimeWindow` and `GlobalWindow`, and the namespaces that state backends and timer
//! services take, `VoidNamespace` among them.

use std::fmt;
use std::rc::Rc;

/// A span of time, its end not included. Flink: `TimeWindow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeWindow {
    pub start: i64,
    pub end: i64,
}

impl TimeWindow {
    /// The last ms that belongs to it.
    pub const fn max_timestamp(self) -> i64 {
        self.end.wrapping_sub(1)
    }

    /// Whether both have a ms in common, or touch.
    pub const fn intersects(self, other: Self) -> bool {
        self.start <= other.end && self.end >= other.start
    }

    /// The least window that holds both.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// As in Java: windows that merge are gone through in the order of a hash set.
    pub const fn hash_code(self) -> i32 {
        long_to_int_with_bit_mixing(self.start.wrapping_add(self.end))
    }
}

impl fmt::Display for TimeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeWindow{{start={}, end={}}}", self.start, self.end)
    }
}

/// Where an element was put. Flink: `Window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// The one window of all elements.
    Global,
    Time(TimeWindow),
}

impl Window {
    /// The last ms that belongs to it.
    pub const fn max_timestamp(self) -> i64 {
        match self {
            Self::Global => i64::MAX,
            Self::Time(window) => window.max_timestamp(),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("GlobalWindow"),
            Self::Time(window) => window.fmt(f),
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namespace {
    /// Nothing but the key. Flink: `VoidNamespace`.
    #[default]
    Void,
    Window(Window),
    /// One side of a join, by its input.
    Side(u8),
}

impl Namespace {
    /// Whether it is this one: `==` where it is asked for each record.
    #[inline(always)]
    pub fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Window(Window::Time(a)), Self::Window(Window::Time(b))) => {
                a.start == b.start && a.end == b.end
            }
            _ => self == other,
        }
    }

    /// The number of its type in a snapshot of a state.
    pub const fn type_number(self) -> u8 {
        match self {
            Self::Void => 1,
            Self::Window(Window::Time(_)) => 2,
            Self::Window(Window::Global) => 3,
            Self::Side(_) => 4,
        }
    }

    /// A code that spreads namespaces of one key; 0 for the void one.
    pub const fn hash_code(self) -> i32 {
        match self {
            Self::Void => 0,
            Self::Window(Window::Global) => 1,
            Self::Window(Window::Time(window)) => window.hash_code(),
            Self::Side(side) => 2 + side as i32,
        }
    }
}

/// What comes before `Serializer` in the name of that of a type of namespaces, by its number.
pub const NAMESPACE_TYPES: [&str; 4] = ["", "VoidNamespace", "TimeWindow.", "GlobalWindow."];

/// A namespace in a word, for what is there in great number: those of one namespace share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedNamespace(Option<Rc<Namespace>>);

/// How many of the newest ones are asked for theirs.
const SHARED_WITHIN: usize = 8;

impl SharedNamespace {
    /// The one of a namespace that is among the `newest`, or a new one.
    pub fn among<'a>(newest: impl Iterator<Item = &'a Self>, namespace: Namespace) -> Self {
        if namespace == Namespace::Void {
            return Self(None);
        }
        let mut shared = newest.take(SHARED_WITHIN).filter(|shared| shared.get().is(namespace));
        shared.next().cloned().unwrap_or_else(|| Self(Some(Rc::new(namespace))))
    }

    /// The namespace itself.
    #[inline(always)]
    pub fn get(&self) -> Namespace {
        self.0.as_deref().copied().unwrap_or_default()
    }
}

/// Flink: `MathUtils#longToIntWithBitMixing`.
const fn long_to_int_with_bit_mixing(long: i64) -> i32 {
    let mut bits = long as u64;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_touch_intersect() {
        let window = |start, end| TimeWindow { start, end };
        assert!(window(0, 10).intersects(window(10, 20)));
        assert!(!window(0, 10).intersects(window(11, 20)));
        assert_eq!(window(5, 10).cover(window(0, 7)), window(0, 10));
        assert_eq!(window(0, 10).max_timestamp(), 9);
        assert_eq!(Window::Global.max_timestamp(), i64::MAX);
    }
}
