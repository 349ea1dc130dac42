//! What a task is told, and what it says. Flink: `Mail`, `TaskManagerActions`.

use std::rc::Rc;

use super::state::ExecutionState;
use crate::base::ids::PartitionId;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::TaskStateSnapshot;
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::checkpoint::storage::file_system::FileRequest;
use crate::network::barrier::CheckpointBarrier;
use crate::network::error::NetworkError;
use crate::operator::function::UserError;
use crate::operator::source::Split;
use crate::time::processing_time::ScheduledTimer;

/// A letter in a task's mailbox.
#[derive(Clone, Debug)]
pub enum Mail {
    /// The enumerator gives a split.
    AddSplit(Split),
    /// The enumerator has no further split.
    NoMoreSplits,
    /// How far the source may go, for the sake of the others of its group.
    WatermarkAlignment(i64),
    /// The clock calls an operator of the chain back.
    Callback { operator: u32, timer: ScheduledTimer },
    /// The JobMaster wants a checkpoint to begin here.
    TriggerCheckpoint(CheckpointBarrier),
    /// A checkpoint is complete.
    NotifyCheckpointComplete(u64),
    /// A checkpoint is given up.
    NotifyCheckpointAborted(u64),
    /// An aligned checkpoint takes too long here.
    AlignmentTimeout(u64),
    /// The barrier of a checkpoint that was sent on takes too long.
    OutputTimeout(u64),
    /// The JobMaster wants the task to end.
    Cancel,
    /// The task is to fail with this.
    Fail(Rc<str>),
}

impl Mail {
    /// Whether it comes before the record in hand of a task that waits for a buffer.
    pub const fn interrupts(&self) -> bool {
        matches!(self, Self::Cancel | Self::Fail(_))
    }

    /// What the lab shows.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AddSplit(_) => "AddSplitEvent",
            Self::NoMoreSplits => "NoMoreSplitsEvent",
            Self::WatermarkAlignment(_) => "WatermarkAlignmentEvent",
            Self::Callback { .. } => "Timer callback",
            Self::TriggerCheckpoint(_) => "triggerCheckpoint",
            Self::NotifyCheckpointComplete(_) => "notifyCheckpointComplete",
            Self::NotifyCheckpointAborted(_) => "notifyCheckpointAborted",
            Self::AlignmentTimeout(_) | Self::OutputTimeout(_) => "alignedCheckpointTimeout",
            Self::Cancel => "cancel",
            Self::Fail(_) => "fail",
        }
    }
}

/// Why a task failed.
#[derive(Clone, Debug)]
pub struct TaskFailure {
    /// The operator that was at work; `None`: no operator was, but the network.
    pub operator: Option<Rc<str>>,
    pub error: UserError,
    /// The result that could not be read, if that is why. Flink: `PartitionException`.
    pub partition: Option<PartitionId>,
}

impl TaskFailure {
    /// An operator failed, or the function in it.
    pub fn of_operator(operator: &Rc<str>, error: UserError) -> Self {
        Self { operator: Some(Rc::clone(operator)), error, partition: None }
    }

    /// It failed from outside.
    pub fn of_text(message: impl Into<String>) -> Self {
        Self { operator: None, error: UserError::new(message.into()), partition: None }
    }

    /// Whether the job must not be restarted after it: a function threw Flink's `SuppressRestartsException`.
    pub fn is_unrecoverable(&self) -> bool {
        self.error.message.starts_with("SuppressRestartsException")
    }
}

impl From<NetworkError> for TaskFailure {
    fn from(error: NetworkError) -> Self {
        let message = format!("{}: {error}", error.exception());
        let partition = match error {
            NetworkError::PartitionNotFound { partition }
            | NetworkError::ConnectionNotMade { partition, .. } => Some(partition),
            _ => None,
        };
        Self { partition, ..Self::of_text(message) }
    }
}

/// What a task says to its TaskExecutor.
#[derive(Clone, Debug)]
pub enum TaskReport {
    State {
        state: ExecutionState,
        failure: Option<TaskFailure>,
    },
    /// The reader wants another split.
    RequestSplit,
    /// All data is through; the task may yet take part in checkpoints.
    EndOfData,
    /// Its part of a checkpoint is done.
    AcknowledgeCheckpoint {
        checkpoint: u64,
        metrics: CheckpointMetrics,
        state: Rc<TaskStateSnapshot>,
    },
    /// It takes no part in a checkpoint.
    DeclineCheckpoint {
        checkpoint: u64,
        reason: CheckpointFailureReason,
        /// What happened, where that is more than the reason says.
        cause: Option<Rc<str>>,
    },
    /// The file system is to do something.
    File(FileRequest),
    /// How far the source is, or that it holds nobody back: the greatest Long.
    ReportedWatermark(i64),
}
