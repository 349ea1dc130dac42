//! Where timestamps and watermarks come from, as data. Flink: `WatermarkStrategy`.

use std::rc::Rc;

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

/// Sources of a group wait for each other; times in ms. Flink: `WatermarkAlignmentParams`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatermarkAlignment {
    pub group: Rc<str>,
    /// How far one may be ahead of the others.
    pub max_drift_ms: i64,
    /// The period at which they hear of each other.
    pub update_interval_ms: i64,
}

/// How timestamps and watermarks are made. Flink: `WatermarkStrategy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatermarkStrategy {
    pub generation: WatermarkGeneration,
    pub timestamp_assigner: Option<FunctionId>,
    /// ms without a record after which the output is idle.
    pub idleness_ms: Option<i64>,
    pub alignment: Option<WatermarkAlignment>,
}

impl WatermarkStrategy {
    /// A strategy without timestamp assigner and idleness.
    pub const fn of(generation: WatermarkGeneration) -> Self {
        Self { generation, timestamp_assigner: None, idleness_ms: None, alignment: None }
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

    /// `withWatermarkAlignment(watermarkGroup, maxAllowedWatermarkDrift, updateInterval)`.
    #[must_use]
    pub fn with_watermark_alignment(mut self, alignment: WatermarkAlignment) -> Self {
        self.alignment = Some(alignment);
        self
    }
}
