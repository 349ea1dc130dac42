//! How a job checkpoints, as its environment was told.
//!
//! Contract: plain data with Flink's defaults; whoever sets a value has checked it. Flink: `CheckpointConfig`,
//! `CheckpointCoordinatorConfiguration`, `CheckpointingOptions`.

use std::rc::Rc;

use super::error::ApiError;
use super::restart_options::{duration_ms, integer, one_of};
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
    /// Where checkpoints are in the file system. Flink: `execution.checkpointing.dir`.
    pub directory: Rc<str>,
    /// Where savepoints are. Flink: `execution.checkpointing.savepoint-dir`.
    pub savepoint_directory: Rc<str>,
    /// Up to so many bytes state stays in its handle. Flink: `execution.checkpointing.data-inline-threshold`.
    pub inline_max: u32,
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
            directory: "checkpoints".into(),
            savepoint_directory: "savepoints".into(),
            inline_max: 20 << 10,
            state_backend: StateBackendOptions::default(),
        }
    }
}

/// The greatest threshold below which state stays in its handle. Flink: `MAX_FILE_STATE_THRESHOLD`.
const INLINE_MAX_MAX: i64 = 1 << 20;

impl CheckpointSettings {
    /// Sets the option of this key. Answers whether there is one. A directory says that there are files in it.
    ///
    /// # Errors
    /// The value is none of this option.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ApiError> {
        match key {
            "execution.checkpointing.storage" | "state.checkpoint-storage" => {
                let storages = [
                    ("jobmanager", CheckpointStorage::JobManager),
                    ("filesystem", CheckpointStorage::FileSystem),
                ];
                self.storage = one_of(key, value, &storages)?;
            }
            "execution.checkpointing.dir" | "state.checkpoints.dir" => {
                self.directory = directory(key, value)?;
                self.storage = CheckpointStorage::FileSystem;
            }
            "execution.checkpointing.savepoint-dir" | "state.savepoints.dir" => {
                self.savepoint_directory = directory(key, value)?;
            }
            "execution.checkpointing.data-inline-threshold" | "state.storage.fs.memory-threshold" => {
                self.inline_max = memory_size(key, value, 0, INLINE_MAX_MAX)? as u32;
            }
            "execution.checkpointing.externalized-checkpoint-retention" => {
                use ExternalizedCheckpointRetention::{
                    DeleteOnCancellation, NoExternalizedCheckpoints, RetainOnCancellation,
                };
                let retentions = [
                    ("NO_EXTERNALIZED_CHECKPOINTS", NoExternalizedCheckpoints),
                    ("DELETE_ON_CANCELLATION", DeleteOnCancellation),
                    ("RETAIN_ON_CANCELLATION", RetainOnCancellation),
                ];
                self.retention = one_of(key, value, &retentions)?;
            }
            "execution.checkpointing.num-retained" => {
                self.retained_max = integer(key, value, 1, i64::from(i32::MAX))? as u32;
            }
            "execution.checkpointing.tolerable-failed-checkpoints" => {
                self.failures_tolerated = integer(key, value, 0, i64::from(i32::MAX))? as u32;
            }
            "execution.checkpointing.timeout" => self.timeout_ms = duration_ms(key, value, 10)?,
            _ => return self.state_backend.set(key, value),
        }
        Ok(true)
    }

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

/// A number of bytes, as in `20 kb`.
pub(super) fn memory_size(key: &str, value: &str, min: i64, max: i64) -> Result<i64, ApiError> {
    let text = value.trim().to_ascii_lowercase();
    let (number, factor) = match text.strip_suffix("kb").map(|number| (number, 1 << 10)) {
        Some(found) => found,
        None => text.strip_suffix("mb").map_or((&*text, 1), |number| (number, 1 << 20)),
    };
    Ok(integer(key, number.trim(), (min + factor - 1) / factor, max / factor)? * factor)
}

/// A directory of the simulated file system: its scheme, if it has one, says nothing here.
fn directory(key: &str, value: &str) -> Result<Rc<str>, ApiError> {
    let after_scheme = value.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
    let path = after_scheme.unwrap_or(value);
    let path = path.trim().trim_matches('/');
    if path.is_empty() {
        return Err(ApiError::new(format!("{key} is \"{value}\", which names no directory. Give a path.")));
    }
    Ok(path.into())
}
