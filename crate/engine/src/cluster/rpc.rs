//! Remote procedure calls between the processes: what they say, and the way there.
//!
//! Contract: a call arrives a fixed number of ticks after it was sent; calls from one process to another
//! arrive in order; which pair comes first in a tick is a choice. Flink: the `*Gateway` interfaces over
//! `RpcService`.

use std::fmt;
use std::rc::Rc;

use crate::base::choice::Choices;
use crate::base::ids::{ChannelId, ExecutionAttemptId, PartitionId, TaskManagerId};
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::TaskStateSnapshot;
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::checkpoint::storage::file_system::{FileOwner, FileRequest};
use crate::network::barrier::{CheckpointBarrier, SavepointFormat, SnapshotType};
use crate::operator::source::Split;
use crate::scheduler::adaptive::slot_allocator::ParallelismBounds;
use crate::task::descriptor::{ChannelDescriptor, TaskDescriptor};
use crate::task::message::TaskFailure;
use crate::task::state::ExecutionState;

use super::fencing::Leader;
use super::job_status::JobStatus;
use super::resource_manager::WorkerRequest;
use super::yarn::call::YarnCall;

/// A process's endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    Client,
    Dispatcher,
    ResourceManager,
    JobMaster,
    /// The main of the job, in the JobManager's process.
    Application,
    TaskExecutor(TaskManagerId),
    /// YARN's.
    YarnResourceManager,
    /// YARN's, by its number, counted from 0.
    NodeManager(u32),
}

impl Address {
    /// Whether it is of Flink's cluster, whose sessions count.
    pub const fn is_flink(self) -> bool {
        !matches!(self, Self::Client | Self::YarnResourceManager | Self::NodeManager(_))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("Client"),
            Self::Dispatcher => f.write_str("Dispatcher"),
            Self::ResourceManager => f.write_str("ResourceManager"),
            Self::JobMaster => f.write_str("JobMaster"),
            Self::Application => f.write_str("Application"),
            Self::YarnResourceManager => f.write_str("YARN ResourceManager"),
            Self::NodeManager(number) => write!(f, "NodeManager {}", number + 1),
            Self::TaskExecutor(id) => write!(f, "TaskExecutor {}", id.0 + 1),
        }
    }
}

/// What is said. An answer is a call of its own.
#[derive(Clone, Debug)]
pub enum Call {
    /// Client → Dispatcher.
    SubmitJob,
    /// Dispatcher → Client.
    JobSubmitted,
    /// Dispatcher → Client: it has this job already. Flink: `DuplicateJobSubmissionException`.
    DuplicateJobSubmission,
    /// Client → Dispatcher → JobMaster.
    CancelJob,
    /// Client → Dispatcher → JobMaster: what a vertex asks for. Flink: `updateJobResourceRequirements`.
    UpdateResourceRequirements { vertex: u32, bounds: ParallelismBounds },
    /// Dispatcher → JobMaster: it is created by this.
    StartJobMaster,
    /// TaskExecutor → ResourceManager, with its number of slots, and those that the job has. Flink:
    /// `registerTaskExecutor`, `sendSlotReport`.
    RegisterTaskExecutor { slots: u32, allocated: Vec<u32> },
    /// ResourceManager → TaskExecutor.
    TaskExecutorRegistered,
    /// JobMaster → ResourceManager.
    RegisterJobMaster,
    /// ResourceManager → JobMaster.
    JobMasterRegistered,
    /// JobMaster → ResourceManager: all slots that the job needs.
    DeclareRequiredResources { slots: u32 },
    /// ResourceManager → JobMaster: the cluster will never have that many.
    NotEnoughResources { available: u32 },
    /// ResourceManager → TaskExecutor: give this slot to the job.
    RequestSlot { slot: u32 },
    /// TaskExecutor → JobMaster.
    OfferSlots { slots: Vec<u32> },
    /// JobMaster → TaskExecutor.
    SlotsAccepted { slots: Vec<u32> },
    /// JobMaster → TaskExecutor: it has enough of them.
    SlotsRejected { slots: Vec<u32> },
    /// TaskExecutor → ResourceManager: nobody has these slots.
    NotifySlotsAvailable { slots: Vec<u32> },
    /// JobMaster → TaskExecutor: it counts as gone. Flink: `disconnectJobManager`.
    DisconnectJobManager { cause: Rc<str> },
    /// ResourceManager → TaskExecutor: it counts as gone. Flink: `disconnectResourceManager`.
    DisconnectResourceManager { cause: Rc<str> },
    /// TaskExecutor → JobMaster, ResourceManager: it ends. Flink: `disconnectTaskManager`.
    DisconnectTaskManager { cause: Rc<str> },
    /// ResourceManager → JobMaster: this one is gone. Flink: `disconnectTaskManager`, too.
    TaskManagerLost { task_manager: TaskManagerId, cause: Rc<str> },
    /// JobMaster → TaskExecutor.
    SubmitTask(Rc<TaskDescriptor>),
    /// To the JobMaster: the task cannot be submitted, since there is no such process any more. Flink:
    /// `RecipientUnreachableException`.
    Unreachable { task_manager: TaskManagerId, execution: ExecutionAttemptId },
    /// TaskExecutor → JobMaster: the task is there.
    TaskSubmitted(ExecutionAttemptId),
    /// JobMaster → TaskExecutor.
    CancelTask(ExecutionAttemptId),
    /// TaskExecutor → JobMaster: this partition of the task has its first buffer. Flink until 1.12.
    ScheduleOrUpdateConsumers { execution: ExecutionAttemptId, partition: PartitionId },
    /// JobMaster → TaskExecutor: where the producer of this channel is.
    UpdatePartitions { execution: ExecutionAttemptId, channel: ChannelDescriptor },
    /// TaskExecutor → JobMaster.
    UpdateTaskExecutionState {
        execution: ExecutionAttemptId,
        state: ExecutionState,
        failure: Option<TaskFailure>,
    },
    /// JobMaster → TaskExecutor: it knows nothing of this attempt. Flink: `ExecutionGraphException`.
    UnknownExecution(ExecutionAttemptId),
    /// The silent answer to a call, where something is wrong with it.
    Acknowledge(Rc<Envelope>),
    /// TaskExecutor → JobMaster: an event for the source's coordinator. Flink: `RequestSplitEvent`.
    RequestSplit(ExecutionAttemptId),
    /// JobMaster → TaskExecutor. Flink: `AddSplitEvent`.
    AddSplit { execution: ExecutionAttemptId, split: Split },
    /// JobMaster → TaskExecutor. Flink: `NoMoreSplitsEvent`.
    NoMoreSplits(ExecutionAttemptId),
    /// TaskExecutor → JobMaster: how far a source is that waits for others. Flink: `ReportedWatermarkEvent`.
    ReportedWatermark { execution: ExecutionAttemptId, watermark: i64 },
    /// JobMaster → TaskExecutor: how far it may go. Flink: `WatermarkAlignmentEvent`.
    WatermarkAlignment { execution: ExecutionAttemptId, max_watermark: i64 },
    /// TaskExecutor → JobMaster: what is the matter with the producer of what this channel reads?
    RequestPartitionState { channel: ChannelId, partition: PartitionId },
    /// JobMaster → TaskExecutor: the state of that producer; `None`: there is another attempt of it by now.
    PartitionState { channel: ChannelId, producer: Option<ExecutionState> },
    /// JobMaster → TaskExecutor: nobody reads these results any more.
    ReleasePartitions { partitions: Vec<PartitionId> },
    /// JobMaster → TaskExecutor: a checkpoint begins at this task.
    TriggerCheckpoint { execution: ExecutionAttemptId, barrier: CheckpointBarrier },
    /// TaskExecutor → JobMaster.
    AcknowledgeCheckpoint {
        execution: ExecutionAttemptId,
        checkpoint: u64,
        metrics: CheckpointMetrics,
        state: Rc<TaskStateSnapshot>,
    },
    /// TaskExecutor → JobMaster.
    DeclineCheckpoint {
        execution: ExecutionAttemptId,
        checkpoint: u64,
        reason: CheckpointFailureReason,
        /// What happened, where that is more than the reason says.
        cause: Option<Rc<str>>,
    },
    /// JobMaster → TaskExecutor.
    NotifyCheckpointComplete { execution: ExecutionAttemptId, checkpoint: u64 },
    /// JobMaster → TaskExecutor.
    NotifyCheckpointAborted { execution: ExecutionAttemptId, checkpoint: u64 },
    /// TaskExecutor → JobMaster: all data of this task is through. Flink: `notifyEndOfData`.
    NotifyEndOfData(ExecutionAttemptId),
    /// Client → Dispatcher → JobMaster: take a checkpoint or a savepoint. Flink: `triggerCheckpoint`,
    /// `triggerSavepoint`, `stopWithSavepoint`.
    RequestCheckpoint { snapshot: SnapshotType, format: SavepointFormat, target: Option<&'static str> },
    /// JobMaster → Dispatcher → Client: it is complete, or why it is not.
    CheckpointAnswered { snapshot: SnapshotType, result: Result<u64, Rc<str>> },
    /// JobMaster → TaskExecutor: the job does not need this slot. Flink: `freeSlot`.
    FreeSlot { slot: u32 },
    /// JobMaster → TaskExecutor: the job needs its slots no more.
    FreeSlots,
    /// JobMaster → Dispatcher → Client.
    JobReachedTerminalState(JobStatus),
    /// Application → Dispatcher: the job was all that the cluster was for. Flink: `shutDownCluster`.
    ShutDownCluster(JobStatus),
    /// Dispatcher → ResourceManager.
    DeregisterApplication(JobStatus),
    /// ResourceManager → Dispatcher: the processes may end.
    ApplicationDeregistered,
    /// To and from YARN.
    Yarn(YarnCall),
}

impl Call {
    /// The attempt that it is about; of one that is to be deployed, nobody knows yet.
    pub const fn execution(&self) -> Option<ExecutionAttemptId> {
        match self {
            Self::CancelTask(execution)
            | Self::RequestSplit(execution)
            | Self::NoMoreSplits(execution)
            | Self::NotifyEndOfData(execution)
            | Self::UnknownExecution(execution)
            | Self::UpdateTaskExecutionState { execution, .. }
            | Self::ScheduleOrUpdateConsumers { execution, .. }
            | Self::UpdatePartitions { execution, .. }
            | Self::AddSplit { execution, .. }
            | Self::ReportedWatermark { execution, .. }
            | Self::WatermarkAlignment { execution, .. }
            | Self::TriggerCheckpoint { execution, .. }
            | Self::AcknowledgeCheckpoint { execution, .. }
            | Self::DeclineCheckpoint { execution, .. }
            | Self::NotifyCheckpointComplete { execution, .. }
            | Self::NotifyCheckpointAborted { execution, .. } => Some(*execution),
            _ => None,
        }
    }
}

/// Stops the run: nobody sends this call to `who`.
#[cold]
pub fn unknown_call(who: &str, call: &Call, from: Address) -> ! {
    let call = call.describe(&|task| task.to_string().into());
    panic!("{who} does not know {call} from {from}")
}

/// A call on its way.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub from: Address,
    pub to: Address,
    /// The JobManager that it comes from or goes to, and in whose session it is said.
    pub leader: Leader,
    pub sent_at: u64,
    /// Counts what was sent.
    pub number: u64,
    /// The number of the call that it is the answer to.
    pub answers: Option<u64>,
    pub call: Call,
}

/// What a process says while it handles a call.
#[derive(Debug, Default)]
pub struct Outbox {
    calls: Vec<(Address, Call)>,
    /// What is wanted of the file system, and by whom.
    files: Vec<(FileOwner, FileRequest)>,
    /// TaskManagers that are wanted, or not wanted any more.
    workers: Vec<WorkerRequest>,
}

/// What the JobMaster has at hand while it handles a call, or a time that has come.
#[derive(Debug)]
pub struct RpcTurn<'a> {
    /// Virtual time in ms.
    pub now: u64,
    /// Since when the oldest event of an operator's coordinator is on its way, or lost.
    pub unconfirmed_since: Option<u64>,
    pub choices: &'a mut Choices,
    pub outbox: &'a mut Outbox,
}

impl RpcTurn<'_> {
    /// Says `call` to `to`.
    pub fn send(&mut self, to: Address, call: Call) {
        self.outbox.send(to, call);
    }

    /// Wants something of the file system.
    pub fn request_file(&mut self, request: FileRequest) {
        self.outbox.request_file(FileOwner::JobMaster, request);
    }
}

impl Outbox {
    /// Says `call` to `to`.
    pub fn send(&mut self, to: Address, call: Call) {
        self.calls.push((to, call));
    }

    /// `owner` wants something of the file system, and gets the answer.
    pub fn request_file(&mut self, owner: FileOwner, request: FileRequest) {
        self.files.push((owner, request));
    }

    /// Whether the answer to this call is among what is said.
    pub fn answers(&self, asked: &Envelope) -> bool {
        self.calls.iter().any(|(to, call)| *to == asked.from && asked.call.is_answered_by(call))
    }

    /// Wants something of what the cluster is deployed on.
    pub fn request_worker(&mut self, request: WorkerRequest) {
        self.workers.push(request);
    }

    /// What was said since the last call, and to whom.
    pub fn take_calls(&mut self) -> Vec<(Address, Call)> {
        std::mem::take(&mut self.calls)
    }

    /// What is wanted of that since the last call.
    pub fn take_worker_requests(&mut self) -> Vec<WorkerRequest> {
        std::mem::take(&mut self.workers)
    }

    /// What is wanted of the file system since the last call.
    pub fn take_file_requests(&mut self) -> Vec<(FileOwner, FileRequest)> {
        std::mem::take(&mut self.files)
    }
}
