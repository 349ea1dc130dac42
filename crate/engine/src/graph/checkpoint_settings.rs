//! How a job checkpoints, as its environment was told.
//!
//! Contract: plain data with Flink's defaults; whoever sets a value has checked it. Flink: `CheckpointConfig`,
//! `CheckpointCoordinatorConfiguration`, `CheckpointingOptions`.

use super::state_backend_options::StateBackendOptions;

/// What a checkpoint promises about each record. Flink: `CheckpointingMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckpointingMode {
    #[default]
    ExactlyOnce,
    AtLeastOnce,
}

/// What becomes of the latest checkpoint when the job ends. Flink: `ExternalizedCheckpointRetention`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExternalizedCheckpointRetention {
    /// It goes, however the job ends, but for a JobManager that is lost.
    #[default]
    NoExternalizedCheckpoints,
    /// It stays when the job fails.
    DeleteOnCancellation,
    /// It stays when the job fails and when it is cancelled.
    RetainOnCancellation,
}

/// Where checkpoints are kept. Flink: `CheckpointStorage`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckpointStorage {
    /// In the memory of the JobManager. Flink: `JobManagerCheckpointStorage`.
    #[default]
    JobManager,
    /// In a directory that all processes reach. Flink: `FileSystemCheckpointStorage`.
    FileSystem,
}

/// See the module; all times in ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointSettings {
    /// `None`: no periodic checkpoints.
    pub interval_ms: Option<i64>,
    pub mode: CheckpointingMode,
    pub timeout_ms: i64,
    pub pause_min_ms: i64,
    pub concurrent_max: u32,
    pub failures_tolerated: u32,
    /// As it was asked for; see [`CheckpointSettings::is_unaligned`].
    pub unaligned: bool,
    pub aligned_timeout_ms: i64,
    /// Unaligned checkpoints even where records in flight could not be sent anew.
    pub unaligned_forced: bool,
    /// Checkpoints go on when some tasks have finished.
    pub after_tasks_finish: bool,
    pub retention: ExternalizedCheckpointRetention,
    /// How many completed checkpoints are kept.
    pub retained_max: u32,
    pub storage: CheckpointStorage,
    /// Where the state is that goes into them.
    pub state_backend: StateBackendOptions,
}

impl Default for CheckpointSettings {
    fn default() -> Self {
        Self {
            interval_ms: None,
            mode: CheckpointingMode::default(),
            timeout_ms: 600_000,
            pause_min_ms: 0,
            concurrent_max: 1,
            failures_tolerated: 0,
            unaligned: false,
            aligned_timeout_ms: 0,
            unaligned_forced: false,
            after_tasks_finish: true,
            retention: ExternalizedCheckpointRetention::default(),
            retained_max: 1,
            storage: CheckpointStorage::default(),
            state_backend: StateBackendOptions::default(),
        }
    }
}

impl CheckpointSettings {
    /// Whether there are periodic checkpoints.
    pub const fn is_enabled(&self) -> bool {
        self.interval_ms.is_some()
    }

    /// Whether barriers may overtake records: at least once, nothing waits for a barrier anyway. Flink:
    /// `StreamingJobGraphGenerator#preValidate` turns the option off.
    pub fn is_unaligned(&self) -> bool {
        self.unaligned && self.mode == CheckpointingMode::ExactlyOnce
    }
}
