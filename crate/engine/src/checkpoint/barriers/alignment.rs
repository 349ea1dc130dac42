//! How long a task waits for the barriers of a checkpoint. Flink: the metrics in `CheckpointBarrierHandler`.

/// Of the checkpoint whose first barrier came last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlignmentMetrics {
    checkpoint: u64,
    start_delay_ms: u64,
    started_at: Option<u64>,
    duration_ms: Option<u64>,
    bytes: u64,
}

impl AlignmentMetrics {
    pub(super) const NONE: Self =
        Self { checkpoint: 0, start_delay_ms: 0, started_at: None, duration_ms: None, bytes: 0 };

    /// The checkpoint; 0 before the first one.
    pub const fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// From its trigger to the first barrier here. Flink: `checkpointStartDelayNanos`.
    pub const fn start_delay_ms(&self) -> u64 {
        self.start_delay_ms
    }

    /// From the first barrier to the last one; `None`: some are still to come, or never will.
    pub const fn duration_ms(&self) -> Option<u64> {
        self.duration_ms
    }

    /// Bytes that were read between the two.
    pub const fn bytes_processed(&self) -> u64 {
        self.bytes
    }

    /// Since when barriers are awaited.
    pub const fn aligning_since(&self) -> Option<u64> {
        self.started_at
    }

    pub(super) const fn start(&mut self, checkpoint: u64, triggered_at: u64, now: u64) {
        *self = Self {
            checkpoint,
            start_delay_ms: now.saturating_sub(triggered_at),
            started_at: Some(now),
            duration_ms: None,
            bytes: 0,
        };
    }

    pub(super) const fn end(&mut self, now: u64) {
        if let Some(started_at) = self.started_at.take() {
            self.duration_ms = Some(now - started_at);
        }
    }

    pub(super) const fn reset(&mut self) {
        self.started_at = None;
    }

    pub(super) const fn add_processed_bytes(&mut self, bytes: u64) {
        if self.started_at.is_some() {
            self.bytes += bytes;
        }
    }
}
