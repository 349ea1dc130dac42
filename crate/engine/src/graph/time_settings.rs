//! What a job says about time as a whole, with Flink's defaults. Flink: `ExecutionConfig`, `PipelineOptions`,
//! `MetricOptions`.

use super::error::ApiError;
use super::restart_options::{duration_ms, integer, one_of};

/// What latencies are told apart by. Flink: `LatencyStats.Granularity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyGranularity {
    /// All sources together.
    Single,
    /// By source.
    Operator,
    /// By source and its subtask.
    Subtask,
}

/// See the module; all times in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSettings {
    /// The period of periodic watermarks; 0 where there are none.
    pub auto_watermark_interval_ms: i64,
    /// The period of latency markers; 0 or less where there are none.
    pub latency_tracking_interval_ms: i64,
    pub latency_granularity: LatencyGranularity,
    /// How many periods a source that is ahead of its alignment group goes on.
    pub alignment_buffer_size: u32,
}

impl Default for TimeSettings {
    fn default() -> Self {
        Self {
            auto_watermark_interval_ms: 200,
            latency_tracking_interval_ms: 0,
            latency_granularity: LatencyGranularity::Operator,
            alignment_buffer_size: 3,
        }
    }
}

impl TimeSettings {
    /// What holds for a job: in batch, latency is not tracked.
    #[must_use]
    pub const fn of_job(self, is_batch: bool) -> Self {
        let latency_tracking_interval_ms = if is_batch { 0 } else { self.latency_tracking_interval_ms };
        Self { latency_tracking_interval_ms, ..self }
    }

    /// Sets the option of this key. Answers whether there is one.
    ///
    /// # Errors
    /// The value is none of this option.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ApiError> {
        use LatencyGranularity::{Operator, Single, Subtask};
        match key {
            "pipeline.auto-watermark-interval" => {
                self.auto_watermark_interval_ms = duration_ms(key, value, 0)?;
            }
            "metrics.latency.interval" => self.latency_tracking_interval_ms = duration_ms(key, value, 0)?,
            "metrics.latency.granularity" => {
                let choices = [("single", Single), ("operator", Operator), ("subtask", Subtask)];
                self.latency_granularity = one_of(key, value, &choices)?;
            }
            "pipeline.watermark-alignment.buffer-size" => {
                self.alignment_buffer_size = integer(key, value, 0, i64::from(i32::MAX))? as u32;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
