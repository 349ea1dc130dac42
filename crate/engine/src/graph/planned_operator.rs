//! Operators whose graphs are built and whose running comes later: all that they were told, as data.

use std::fmt;

use crate::base::ids::FunctionId;

/// In which order results of asynchronous calls leave. Flink: `AsyncDataStream.OutputMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsyncOutputMode {
    Ordered,
    Unordered,
}

/// An operator that cannot run yet. Its `Display` is the words for "This job cannot run yet: {words}".
#[derive(Clone, Debug)]
pub enum PlannedOperator {
    /// `timeout_ms` 0: none.
    AsyncWait { function: FunctionId, mode: AsyncOutputMode, timeout_ms: i64, capacity: u32 },
}

impl fmt::Display for PlannedOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsyncWait { mode: AsyncOutputMode::Ordered, .. } => {
                f.write_str("async I/O (`AsyncDataStream.orderedWait`)")
            }
            Self::AsyncWait { mode: AsyncOutputMode::Unordered, .. } => {
                f.write_str("async I/O (`AsyncDataStream.unorderedWait`)")
            }
        }
    }
}
