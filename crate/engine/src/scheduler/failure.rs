//! Why a job failed, or had to be restarted.

use std::fmt;

use crate::base::ids::{PartitionId, TaskId};
use crate::task::message::TaskFailure;

/// See the module.
#[derive(Clone, Debug)]
pub enum JobFailure {
    /// A task failed.
    Task { task: TaskId, failure: TaskFailure },
    /// The cluster has not enough slots. Flink: `NoResourceAvailableException`.
    NotEnoughSlots { required: u32, available: u32 },
    /// Slots that the job needs did not come in time. Flink: `NoResourceAvailableException`.
    SlotRequestTimedOut { timeout_ticks: u64 },
}

impl JobFailure {
    /// The task that failed, if one did.
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task { task, .. } => Some(*task),
            Self::NotEnoughSlots { .. } | Self::SlotRequestTimedOut { .. } => None,
        }
    }

    /// The result that could not be read, if that is why. Flink: `PartitionException`.
    pub const fn partition(&self) -> Option<PartitionId> {
        match self {
            Self::Task { failure, .. } => failure.partition,
            Self::NotEnoughSlots { .. } | Self::SlotRequestTimedOut { .. } => None,
        }
    }

    /// Whether no restart can help. Flink: `ThrowableType.NonRecoverableError`.
    pub fn is_unrecoverable(&self) -> bool {
        matches!(self, Self::Task { failure, .. } if failure.is_unrecoverable())
    }
}

impl fmt::Display for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task { failure, .. } => f.write_str(&failure.error.message),
            Self::NotEnoughSlots { required, available } => write!(
                f,
                "NoResourceAvailableException: Could not acquire the minimum required resources: the job needs \
                 {required} slots, and there are {available}."
            ),
            Self::SlotRequestTimedOut { timeout_ticks } => write!(
                f,
                "NoResourceAvailableException: Slot request bulk is not fulfillable! Could not allocate the required \
                 slot within slot request timeout. Caused by: TimeoutException: Timeout has occurred: \
                 {timeout_ticks} ms"
            ),
        }
    }
}
