//! What a subtask measures of a checkpoint. Flink: `CheckpointMetrics`, `CheckpointMetricsBuilder`.

/// See the module. Times are in ms of the virtual clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckpointMetrics {
    /// How long channels were blocked, from the first barrier to the last. Flink: `alignmentDurationNanos`.
    pub alignment_duration_ms: u64,
    /// From the start of the first barrier's buffer to the snapshot. Flink: `checkpointStartDelayNanos`.
    pub start_delay_ms: u64,
    /// What ran on the task's own thread. Flink: `syncDurationMillis`.
    pub sync_duration_ms: u64,
    /// What ran beside it: writing and uploading.
    pub async_duration_ms: u64,
    /// Bytes of records that were processed between the first and the last barrier.
    pub bytes_processed_during_alignment: u64,
    /// Bytes of buffers that went into the checkpoint.
    pub bytes_persisted_during_alignment: u64,
    /// Bytes that this checkpoint wrote. Flink: `bytesPersistedOfThisCheckpoint`.
    pub bytes_persisted: u64,
    /// Bytes that it stands for. Flink: `totalBytesPersisted`.
    pub total_bytes_persisted: u64,
    /// Whether barriers overtook buffers.
    pub is_unaligned: bool,
}
