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
#[expect(clippy::struct_excessive_bools, reason = "each is an option of Flink's that is on or off")]
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
    /// Whether a directory of the job is made there. Flink: `execution.checkpointing.create-subdir`.
    pub has_job_directory: bool,
    /// Where savepoints are; `None`: where the cluster has them. Flink: `execution.checkpointing.savepoint-dir`.
    pub savepoint_directory: Option<Rc<str>>,
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
            has_job_directory: true,
            savepoint_directory: None,
            inline_max: 20 << 10,
            state_backend: StateBackendOptions::default(),
        }
    }
}

const STORAGES: [(&str, CheckpointStorage); 2] =
    [("jobmanager", CheckpointStorage::JobManager), ("filesystem", CheckpointStorage::FileSystem)];

const MODES: [(&str, CheckpointingMode); 2] =
    [("EXACTLY_ONCE", CheckpointingMode::ExactlyOnce), ("AT_LEAST_ONCE", CheckpointingMode::AtLeastOnce)];

const RETENTIONS: [(&str, ExternalizedCheckpointRetention); 3] = [
    ("NO_EXTERNALIZED_CHECKPOINTS", ExternalizedCheckpointRetention::NoExternalizedCheckpoints),
    ("DELETE_ON_CANCELLATION", ExternalizedCheckpointRetention::DeleteOnCancellation),
    ("RETAIN_ON_CANCELLATION", ExternalizedCheckpointRetention::RetainOnCancellation),
];

/// The options of `execution.checkpointing.` by older keys. Flink: `ConfigOption#fallbackKeys`.
const FALLBACK_KEYS: [(&str, &str); 20] = [
    ("state.checkpoint-storage", "storage"),
    ("state.checkpoints.num-retained", "num-retained"),
    ("state.backend.incremental", "incremental"),
    ("state.savepoints.dir", "savepoint-dir"),
    ("savepoints.state.backend.fs.dir", "savepoint-dir"),
    ("state.checkpoints.dir", "dir"),
    ("state.backend.fs.checkpointdir", "dir"),
    ("state.checkpoints.create-subdir", "create-subdir"),
    ("state.storage.fs.memory-threshold", "data-inline-threshold"),
    ("state.backend.fs.memory-threshold", "data-inline-threshold"),
    ("execution.checkpointing.unaligned", "unaligned.enabled"),
    ("execution.checkpointing.alignment-timeout", "aligned-checkpoint-timeout"),
    ("execution.checkpointing.checkpoints-after-tasks-finish.enabled", "checkpoints-after-tasks-finish"),
    ("state.backend", "state-backend"),
    // Options that have nothing to work on.
    ("state.checkpoint.cleaner.parallel-mode", ""),
    ("taskmanager.state.local.root-dirs", ""),
    ("state.storage.fs.write-buffer-size", ""),
    ("state.backend.fs.write-buffer-size", ""),
    ("execution.state-recovery.from-local", ""),
    ("state.backend.local-recovery", ""),
];

/// Those of `execution.checkpointing.` that exist. What is not among them, nor above, no Flink knows.
const OPTIONS: &str = " storage dir create-subdir savepoint-dir data-inline-threshold \
    externalized-checkpoint-retention num-retained tolerable-failed-checkpoints timeout interval min-pause mode \
    max-concurrent-checkpoints unaligned.enabled unaligned.forced aligned-checkpoint-timeout \
    checkpoints-after-tasks-finish incremental cleaner.parallel-mode local-backup.dirs local-backup.enabled \
    write-buffer-size file-merging.enabled file-merging.across-checkpoint-boundary file-merging.max-file-size \
    file-merging.pool-blocking file-merging.max-subtasks-per-file file-merging.max-space-amplification \
    interval-during-backlog unaligned.interruptible-timers.enabled \
    unaligned.max-subtasks-per-channel-state-file unaligned.recover-output-on-downstream.enabled \
    during-recovery.enabled ";

/// The option that a key stands for, by what comes after `execution.checkpointing.`.
fn option_of(key: &str) -> Option<&str> {
    if let Some((_, option)) = FALLBACK_KEYS.iter().find(|(fallback, _)| *fallback == key) {
        return Some(option);
    }
    let option = key.strip_prefix("execution.checkpointing.")?;
    OPTIONS.split(' ').any(|known| !known.is_empty() && known == option).then_some(option)
}

/// The greatest threshold below which state stays in its handle. Flink: `MAX_FILE_STATE_THRESHOLD`.
const INLINE_MAX_MAX: i64 = 1 << 20;

impl CheckpointSettings {
    /// Sets the option of this key. Answers whether there is one. A directory says that there are files in it.
    ///
    /// # Errors
    /// The value is none of this option.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ApiError> {
        let Some(option) = option_of(key) else { return self.state_backend.set(key, value) };
        let count = |min| integer(key, value, min, i64::from(i32::MAX)).map(|count| count as u32);
        let flag = || one_of(key, &value.to_ascii_lowercase(), &[("true", true), ("false", false)]);
        match option {
            "storage" => self.storage = one_of(key, &value.to_ascii_lowercase(), &STORAGES)?,
            "dir" => {
                self.directory = directory(key, value)?;
                self.storage = CheckpointStorage::FileSystem;
            }
            "create-subdir" => self.has_job_directory = flag()?,
            "savepoint-dir" => self.savepoint_directory = Some(directory(key, value)?),
            "data-inline-threshold" => self.inline_max = memory_size(key, value, 0, INLINE_MAX_MAX)? as u32,
            "externalized-checkpoint-retention" => {
                self.retention = one_of(key, &value.to_ascii_uppercase(), &RETENTIONS)?;
            }
            "num-retained" => self.retained_max = count(1)?,
            "tolerable-failed-checkpoints" => self.failures_tolerated = count(0)?,
            "timeout" => self.timeout_ms = duration_ms(key, value, 10)?,
            "interval" => self.interval_ms = Some(duration_ms(key, value, 10)?),
            "min-pause" => self.pause_min_ms = duration_ms(key, value, 0)?,
            "mode" => self.mode = one_of(key, &value.to_ascii_uppercase(), &MODES)?,
            "max-concurrent-checkpoints" => self.concurrent_max = count(1)?,
            "unaligned.enabled" => self.unaligned = flag()?,
            "unaligned.forced" => self.unaligned_forced = flag()?,
            "aligned-checkpoint-timeout" => self.aligned_timeout_ms = duration_ms(key, value, 0)?,
            "checkpoints-after-tasks-finish" => self.after_tasks_finish = flag()?,
            "incremental" => self.state_backend.is_incremental = flag()?,
            "state-backend" => return self.state_backend.set("state.backend.type", value),
            _ => {
                return Err(ApiError::new(format!(
                    "{key} is an option of Flink that has nothing to work on here. Leave it out."
                )));
            }
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
pub fn directory(key: &str, value: &str) -> Result<Rc<str>, ApiError> {
    let after_scheme = value.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
    let path = after_scheme.unwrap_or(value);
    let path = path.trim().trim_matches('/');
    if path.is_empty() {
        return Err(ApiError::new(format!("{key} is \"{value}\", which names no directory. Give a path.")));
    }
    Ok(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(options: &[(&str, &str)]) -> CheckpointSettings {
        let mut settings = CheckpointSettings::default();
        for (key, value) in options {
            assert_eq!(settings.set(key, value), Ok(true), "{key}");
        }
        settings
    }

    #[test]
    fn options_have_flinks_keys_and_the_keys_of_older_versions() {
        let new = set(&[
            ("execution.checkpointing.interval", "1 s"),
            ("execution.checkpointing.mode", "at_least_once"),
            ("execution.checkpointing.dir", "hdfs:///a"),
            ("execution.checkpointing.unaligned.enabled", "true"),
            ("execution.checkpointing.incremental", "true"),
            ("execution.checkpointing.num-retained", "3"),
            ("execution.checkpointing.min-pause", "5 ms"),
            ("execution.checkpointing.max-concurrent-checkpoints", "2"),
            ("execution.checkpointing.aligned-checkpoint-timeout", "30 s"),
            ("execution.checkpointing.checkpoints-after-tasks-finish", "false"),
        ]);
        assert_eq!((new.interval_ms, new.mode), (Some(1000), CheckpointingMode::AtLeastOnce));
        assert!(new.unaligned && !new.is_unaligned() && !new.after_tasks_finish);
        let old = set(&[
            ("execution.checkpointing.interval", "1000"),
            ("execution.checkpointing.mode", "AT_LEAST_ONCE"),
            ("state.checkpoints.dir", "hdfs:///a"),
            ("execution.checkpointing.unaligned", "true"),
            ("state.backend.incremental", "true"),
            ("state.checkpoints.num-retained", "3"),
            ("execution.checkpointing.min-pause", "5"),
            ("execution.checkpointing.max-concurrent-checkpoints", "2"),
            ("execution.checkpointing.alignment-timeout", "30000"),
            ("execution.checkpointing.checkpoints-after-tasks-finish.enabled", "false"),
        ]);
        assert_eq!(new, old);
        assert_eq!(set(&[("state.backend", "rocksdb")]), set(&[("state.backend.type", "rocksdb")]));
    }

    #[test]
    fn what_is_unknown_or_wrong_is_told() {
        let mut settings = CheckpointSettings::default();
        assert_eq!(settings.set("execution.checkpointing.intervall", "1 s"), Ok(false));
        assert_eq!(settings.set("execution.checkpointing.", ""), Ok(false));
        let refused =
            settings.set("execution.checkpointing.file-merging.enabled", "true").unwrap_err().to_string();
        assert!(refused.contains("has nothing to work on here"), "{refused}");
        for (key, value) in [
            ("execution.checkpointing.interval", "9 ms"),
            ("execution.checkpointing.mode", "twice"),
            ("execution.checkpointing.max-concurrent-checkpoints", "0"),
            ("execution.checkpointing.unaligned.enabled", "maybe"),
        ] {
            let refused = settings.set(key, value).unwrap_err().message.to_ascii_lowercase();
            assert!(refused.contains(value), "{key}: {refused}");
        }
        assert_eq!(settings, CheckpointSettings::default(), "what is refused changes nothing");
    }
}
