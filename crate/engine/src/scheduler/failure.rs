//! Why a job failed, or had to be restarted.

use std::fmt;
use std::rc::Rc;

use crate::base::ids::{PartitionId, TaskId};
use crate::checkpoint::coordinator::failures::TOO_MANY_FAILURES;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::task::message::TaskFailure;

/// See the module.
#[derive(Clone, Debug)]
pub enum JobFailure {
    /// A task failed.
    Task { task: TaskId, failure: TaskFailure },
    /// The cluster has not enough slots. Flink: `NoResourceAvailableException`.
    NotEnoughSlots { required: u32, available: u32 },
    /// The adaptive scheduler has waited for long enough. Flink: `NoResourceAvailableException`.
    NotEnoughResources,
    /// Slots that the job needs did not come in time. Flink: `NoResourceAvailableException`.
    SlotRequestTimedOut { timeout_ticks: u64 },
    /// Too many checkpoints failed, or the one with which the job was to stop; the last one for this reason.
    Checkpoints { reason: CheckpointFailureReason, is_stopped: bool },
    /// Something failed when the savepoint was complete that the job was to stop with. Flink:
    /// `StopWithSavepointStoppingException`.
    Stopping { savepoint: Rc<str>, job: Rc<str>, cause: Option<Rc<JobFailure>> },
    /// A hook of the master could not be made, or restored.
    MasterHook(Rc<str>),
}

impl JobFailure {
    /// The task that failed, if one did.
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task { task, .. } => Some(*task),
            _ => None,
        }
    }

    /// The result that could not be read, if that is why. Flink: `PartitionException`.
    pub const fn partition(&self) -> Option<PartitionId> {
        match self {
            Self::Task { failure, .. } => failure.partition,
            _ => None,
        }
    }

    /// Whether no restart can help. Flink: `ThrowableType.NonRecoverableError`.
    pub fn is_unrecoverable(&self) -> bool {
        match self {
            Self::Task { failure, .. } => failure.is_unrecoverable(),
            Self::Stopping { .. } => true,
            _ => false,
        }
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
            Self::NotEnoughResources => {
                f.write_str("NoResourceAvailableException: Not enough resources available for scheduling.")
            }
            Self::SlotRequestTimedOut { timeout_ticks } => write!(
                f,
                "NoResourceAvailableException: Slot request bulk is not fulfillable! Could not allocate the required \
                 slot within slot request timeout. Caused by: TimeoutException: Timeout has occurred: \
                 {timeout_ticks} ms"
            ),
            Self::Stopping { savepoint, job, cause } => {
                write!(
                    f,
                    "StopWithSavepointStoppingException: A savepoint has been created at: {savepoint}, but the \
                 corresponding job {job} failed during stopping. The savepoint is consistent, but might have \
                 uncommitted transactions. If you want to commit the transaction please restart a job from this \
                 savepoint."
                )?;
                cause.as_ref().map_or(Ok(()), |cause| write!(f, " Caused by: {cause}"))
            }
            Self::MasterHook(error) => f.write_str(error),
            Self::Checkpoints { reason, is_stopped: true } => {
                write!(f, "CheckpointException: {}", reason.message())
            }
            Self::Checkpoints { reason, .. } => write!(
                f,
                "FlinkRuntimeException: {TOO_MANY_FAILURES} The latest checkpoint failed due to {}, view the Checkpoint \
                 History tab or the Job Manager log to find out why continuous checkpoints failed.",
                reason.message()
            ),
        }
    }
}
