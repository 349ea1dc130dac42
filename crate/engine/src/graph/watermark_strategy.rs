//! Where timestamps and watermarks come from, as data. Flink: `WatermarkStrategy`.

use crate::base::ids::FunctionId;

/// Where watermarks come from. Flink: `WatermarkGeneratorSupplier`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatermarkGeneration {
    None,
    Monotonous,
    /// ms by which records may lag behind the newest.
    BoundedOutOfOrderness(i64),
    /// A function that makes an object with `onEvent` and `onPeriodicEmit`.
    Generator(FunctionId),
}

/// How timestamps and watermarks are made. Flink: `WatermarkStrategy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatermarkStrategy {
    pub generation: WatermarkGeneration,
    pub timestamp_assigner: Option<FunctionId>,
    /// ms without a record after which the output is idle.
    pub idleness_ms: Option<i64>,
}

impl WatermarkStrategy {
    /// A strategy without timestamp assigner and idleness.
    pub const fn of(generation: WatermarkGeneration) -> Self {
        Self { generation, timestamp_assigner: None, idleness_ms: None }
    }

    /// `withTimestampAssigner(f)`.
    #[must_use]
    pub fn with_timestamp_assigner(mut self, assigner: FunctionId) -> Self {
        self.timestamp_assigner = Some(assigner);
        self
    }

    /// `withIdleness(duration)`.
    #[must_use]
    pub fn with_idleness(mut self, idleness_ms: i64) -> Self {
        self.idleness_ms = Some(idleness_ms);
        self
    }
}
