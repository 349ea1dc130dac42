//! Operators whose graphs are built and whose running comes later: all that they were told, as data.

use std::fmt;
use std::rc::Rc;

use crate::base::ids::FunctionId;

/// In which order results of asynchronous calls leave. Flink: `AsyncDataStream.OutputMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsyncOutputMode {
    Ordered,
    Unordered,
}

/// The time bounds of an interval join, relative to the left record, in ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalBounds {
    pub lower_ms: i64,
    pub lower_inclusive: bool,
    pub upper_ms: i64,
    pub upper_inclusive: bool,
}

/// An operator that cannot run yet. Its `Display` is the words for "This job cannot run yet: {words}".
#[derive(Clone, Debug)]
pub enum PlannedOperator {
    IntervalJoin {
        bounds: IntervalBounds,
        left_late_tag: Option<Rc<str>>,
        right_late_tag: Option<Rc<str>>,
        function: FunctionId,
    },
    /// `states`: names of the broadcast states.
    BroadcastProcess {
        function: FunctionId,
        states: Vec<Rc<str>>,
    },
    KeyedBroadcastProcess {
        function: FunctionId,
        states: Vec<Rc<str>>,
    },
    /// `timeout_ms` 0: none.
    AsyncWait {
        function: FunctionId,
        mode: AsyncOutputMode,
        timeout_ms: i64,
        capacity: u32,
    },
}

impl fmt::Display for PlannedOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IntervalJoin { .. } => f.write_str("interval joins (`intervalJoin`)"),
            Self::BroadcastProcess { .. } | Self::KeyedBroadcastProcess { .. } => {
                f.write_str("broadcast state (`broadcast`)")
            }
            Self::AsyncWait { mode: AsyncOutputMode::Ordered, .. } => {
                f.write_str("async I/O (`AsyncDataStream.orderedWait`)")
            }
            Self::AsyncWait { mode: AsyncOutputMode::Unordered, .. } => {
                f.write_str("async I/O (`AsyncDataStream.unorderedWait`)")
            }
        }
    }
}
