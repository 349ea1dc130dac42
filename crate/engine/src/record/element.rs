//! `StreamElement`: what travels between operators.
//!
//! Flink: `StreamElement` with `StreamRecord`, `Watermark`, `WatermarkStatus`, `LatencyMarker`.

use super::Value;
use crate::base::ids::OperatorId;

/// One element of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamElement {
    Record {
        value: Value,
        /// Event timestamp in ms since the epoch, where the record has one.
        timestamp: Option<i64>,
    },
    /// No record with a timestamp at or before this is expected any more.
    Watermark(i64),
    WatermarkStatus(WatermarkStatus),
    LatencyMarker(LatencyMarker),
}

/// Whether a stream takes part in the watermark of what reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatermarkStatus {
    Active,
    Idle,
}

/// A mark of the time at which a source sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyMarker {
    /// Processing time at the source, ms since the epoch.
    pub marked_time: i64,
    /// The source.
    pub operator_id: OperatorId,
    /// The source's subtask.
    pub subtask_idx: u32,
}

impl StreamElement {
    /// A record without a timestamp.
    pub fn record(value: impl Into<Value>) -> Self {
        Self::Record { value: value.into(), timestamp: None }
    }
}

/// The timestamp of a record that was given none: what records of Flink's sources bear until a
/// timestamp assigner gives them one. Flink: `TimestampAssigner.NO_TIMESTAMP`.
pub const NO_TIMESTAMP: i64 = i64::MIN;
