//! The checkpoint settings of an environment: Flink's setters, each with its check.
//!
//! Flink: `CheckpointConfig`. What Flink 2 says by a configuration key only (the storage, how many checkpoints are
//! retained, checkpoints after tasks have finished) is set here too.

use super::environment::StreamExecutionEnvironment;
use crate::graph::checkpoint_settings::{
    CheckpointStorage, CheckpointingMode, ExternalizedCheckpointRetention,
};
use crate::graph::error::ApiError;

/// See the module; all times in ms.
#[derive(Clone)]
pub struct CheckpointConfig {
    environment: StreamExecutionEnvironment,
}

/// A setting that is a number: an enum's place, or 0 and 1, where it is none by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointOption {
    /// −1: no periodic checkpoints.
    Interval,
    Timeout,
    MinPause,
    MaxConcurrent,
    TolerableFailures,
    AlignedTimeout,
    MaxRetained,
    Mode,
    Retention,
    Storage,
    Unaligned,
    ForceUnaligned,
    AfterTasksFinish,
}

impl CheckpointOption {
    /// What it is called in a message, and the least value that Flink takes.
    const fn limit(self) -> (&'static str, i64) {
        match self {
            Self::Interval => ("checkpoint interval in ms", 10),
            Self::Timeout => ("checkpoint timeout in ms", 10),
            Self::MinPause => ("pause between checkpoints in ms", 0),
            Self::MaxConcurrent => ("number of concurrent checkpoints", 1),
            Self::TolerableFailures => ("number of tolerable checkpoint failures", 0),
            Self::AlignedTimeout => ("aligned checkpoint timeout in ms", 0),
            Self::MaxRetained => ("number of retained checkpoints", 1),
            _ => ("checkpoint setting", 0),
        }
    }

    const fn is_count(self) -> bool {
        matches!(self, Self::MaxConcurrent | Self::TolerableFailures | Self::MaxRetained)
    }
}

impl CheckpointConfig {
    /// The settings of this environment.
    pub(super) const fn of(environment: StreamExecutionEnvironment) -> Self {
        Self { environment }
    }

    /// Sets a number.
    pub fn set(&self, option: CheckpointOption, value: i64) -> Result<(), ApiError> {
        let (name, min) = option.limit();
        if value < min {
            return Err(ApiError::new(format!("The {name} is {value}. Give at least {min}.")));
        }
        if option.is_count() && value > i64::from(i32::MAX) {
            return Err(ApiError::new(format!("The {name} is {value}. Give at most {}.", i32::MAX)));
        }
        self.environment.with_checkpoint_settings(|settings| match option {
            CheckpointOption::Interval => settings.interval_ms = Some(value),
            CheckpointOption::Timeout => settings.timeout_ms = value,
            CheckpointOption::MinPause => settings.pause_min_ms = value,
            CheckpointOption::MaxConcurrent => settings.concurrent_max = value as u32,
            CheckpointOption::TolerableFailures => settings.failures_tolerated = value as u32,
            CheckpointOption::AlignedTimeout => settings.aligned_timeout_ms = value,
            CheckpointOption::MaxRetained => settings.retained_max = value as u32,
            CheckpointOption::Mode => settings.mode = MODES[value as usize % MODES.len()],
            CheckpointOption::Retention => {
                settings.retention = RETENTIONS[value as usize % RETENTIONS.len()];
            }
            CheckpointOption::Storage => settings.storage = STORAGES[value as usize % STORAGES.len()],
            CheckpointOption::Unaligned => settings.unaligned = value != 0,
            CheckpointOption::ForceUnaligned => settings.unaligned_forced = value != 0,
            CheckpointOption::AfterTasksFinish => settings.after_tasks_finish = value != 0,
        });
        Ok(())
    }

    /// The number that a setting has.
    pub fn get(&self, option: CheckpointOption) -> i64 {
        self.environment.with_checkpoint_settings(|settings| match option {
            CheckpointOption::Interval => settings.interval_ms.unwrap_or(-1),
            CheckpointOption::Timeout => settings.timeout_ms,
            CheckpointOption::MinPause => settings.pause_min_ms,
            CheckpointOption::MaxConcurrent => i64::from(settings.concurrent_max),
            CheckpointOption::TolerableFailures => i64::from(settings.failures_tolerated),
            CheckpointOption::AlignedTimeout => settings.aligned_timeout_ms,
            CheckpointOption::MaxRetained => i64::from(settings.retained_max),
            CheckpointOption::Mode => settings.mode as i64,
            CheckpointOption::Retention => settings.retention as i64,
            CheckpointOption::Storage => settings.storage as i64,
            CheckpointOption::Unaligned => i64::from(settings.unaligned),
            CheckpointOption::ForceUnaligned => i64::from(settings.unaligned_forced),
            CheckpointOption::AfterTasksFinish => i64::from(settings.after_tasks_finish),
        })
    }

    pub fn set_checkpoint_interval(&self, interval_ms: i64) -> Result<(), ApiError> {
        self.set(CheckpointOption::Interval, interval_ms)
    }

    /// No periodic checkpoints; the other settings stay.
    pub fn disable_checkpointing(&self) {
        self.environment.with_checkpoint_settings(|settings| settings.interval_ms = None);
    }

    pub fn set_checkpointing_consistency_mode(&self, mode: CheckpointingMode) {
        self.environment.with_checkpoint_settings(|settings| settings.mode = mode);
    }

    pub fn set_checkpoint_timeout(&self, timeout_ms: i64) -> Result<(), ApiError> {
        self.set(CheckpointOption::Timeout, timeout_ms)
    }

    pub fn set_min_pause_between_checkpoints(&self, pause_ms: i64) -> Result<(), ApiError> {
        self.set(CheckpointOption::MinPause, pause_ms)
    }

    pub fn set_max_concurrent_checkpoints(&self, count: i32) -> Result<(), ApiError> {
        self.set(CheckpointOption::MaxConcurrent, i64::from(count))
    }

    pub fn set_tolerable_checkpoint_failure_number(&self, count: i32) -> Result<(), ApiError> {
        self.set(CheckpointOption::TolerableFailures, i64::from(count))
    }

    pub fn enable_unaligned_checkpoints(&self, enabled: bool) {
        self.environment.with_checkpoint_settings(|settings| settings.unaligned = enabled);
    }

    pub fn set_force_unaligned_checkpoints(&self, forced: bool) {
        self.environment.with_checkpoint_settings(|settings| settings.unaligned_forced = forced);
    }

    pub fn set_aligned_checkpoint_timeout(&self, timeout_ms: i64) -> Result<(), ApiError> {
        self.set(CheckpointOption::AlignedTimeout, timeout_ms)
    }

    pub fn set_externalized_checkpoint_retention(&self, retention: ExternalizedCheckpointRetention) {
        self.environment.with_checkpoint_settings(|settings| settings.retention = retention);
    }

    /// Flink: `execution.checkpointing.num-retained`.
    pub fn set_max_retained_checkpoints(&self, count: i32) -> Result<(), ApiError> {
        self.set(CheckpointOption::MaxRetained, i64::from(count))
    }

    /// Flink: `execution.checkpointing.storage`.
    pub fn set_checkpoint_storage(&self, storage: CheckpointStorage) {
        self.environment.with_checkpoint_settings(|settings| settings.storage = storage);
    }

    /// Flink: `execution.checkpointing.checkpoints-after-tasks-finish`.
    pub fn enable_checkpoints_after_tasks_finish(&self, enabled: bool) {
        self.environment.with_checkpoint_settings(|settings| settings.after_tasks_finish = enabled);
    }
}

const MODES: [CheckpointingMode; 2] = [CheckpointingMode::ExactlyOnce, CheckpointingMode::AtLeastOnce];

const RETENTIONS: [ExternalizedCheckpointRetention; 3] = [
    ExternalizedCheckpointRetention::NoExternalizedCheckpoints,
    ExternalizedCheckpointRetention::DeleteOnCancellation,
    ExternalizedCheckpointRetention::RetainOnCancellation,
];

const STORAGES: [CheckpointStorage; 2] = [CheckpointStorage::JobManager, CheckpointStorage::FileSystem];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_checked_as_in_flink() {
        let env = StreamExecutionEnvironment::get_execution_environment();
        let config = env.get_checkpoint_config();
        for (option, least) in [
            (CheckpointOption::Interval, 10),
            (CheckpointOption::Timeout, 10),
            (CheckpointOption::MinPause, 0),
            (CheckpointOption::MaxConcurrent, 1),
            (CheckpointOption::TolerableFailures, 0),
            (CheckpointOption::AlignedTimeout, 0),
        ] {
            assert_eq!(config.set(option, least), Ok(()));
            assert_eq!(config.get(option), least);
            let refused = config.set(option, least - 1).expect_err("too small").to_string();
            assert!(refused.ends_with(&format!("is {}. Give at least {least}.", least - 1)), "{refused}");
            assert_eq!(config.get(option), least, "what is refused changes nothing");
        }
        assert!(config.set(CheckpointOption::MaxConcurrent, 1 << 31).is_err());
    }

    #[test]
    fn what_is_no_number_by_itself_can_be_read_back() {
        let env = StreamExecutionEnvironment::get_execution_environment();
        let config = env.get_checkpoint_config();
        assert_eq!(config.get(CheckpointOption::Interval), -1);
        assert!(env.enable_checkpointing(50, CheckpointingMode::AtLeastOnce).is_ok());
        config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention::RetainOnCancellation);
        let read = [CheckpointOption::Interval, CheckpointOption::Mode, CheckpointOption::Retention];
        assert_eq!(read.map(|option| config.get(option)), [50, 1, 2]);
        for (option, last) in
            [(CheckpointOption::Mode, 1), (CheckpointOption::Retention, 2), (CheckpointOption::Storage, 1)]
        {
            for place in 0..=last {
                assert_eq!(config.set(option, place), Ok(()));
                assert_eq!(config.get(option), place);
            }
        }
        config.disable_checkpointing();
        assert_eq!(config.get(CheckpointOption::Interval), -1);
    }
}
