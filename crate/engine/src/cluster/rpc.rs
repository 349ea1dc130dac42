//! Remote procedure calls between the processes: what they say, and the way there.
//!
//! Contract: a call arrives a fixed number of ticks after it was sent; calls from one process to another
//! arrive in order; which pair comes first in a tick is a choice. Flink: the `*Gateway` interfaces over
//! `RpcService`.

use std::fmt;
use std::rc::Rc;

use crate::base::choice::{Choice, Choices};
use crate::base::ids::{ChannelId, ExecutionAttemptId, PartitionId, TaskId, TaskManagerId, attempt_number};
use crate::base::ordered::SortedMap;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::TaskStateSnapshot;
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::checkpoint::storage::file_system::{FileOwner, FileRequest};
use crate::network::barrier::{CheckpointBarrier, SavepointFormat, SnapshotType};
use crate::operator::source::Split;
use crate::scheduler::adaptive::slot_allocator::ParallelismBounds;
use crate::task::descriptor::TaskDescriptor;
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
    /// TaskExecutor → JobMaster.
    UpdateTaskExecutionState {
        execution: ExecutionAttemptId,
        state: ExecutionState,
        failure: Option<TaskFailure>,
    },
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
    /// Flink's name of the method, and what it carries. `name_of` names a task.
    pub fn describe(&self, name_of: &dyn Fn(TaskId) -> Rc<str>) -> String {
        let name_of: &dyn Fn(&ExecutionAttemptId) -> Rc<str> =
            &|execution: &ExecutionAttemptId| match attempt_number(execution.attempt) {
                0 => name_of(execution.task),
                attempt => format!("{}#{attempt}", name_of(execution.task)).into(),
            };
        match self {
            Self::SubmitJob => "submitJob".into(),
            Self::JobSubmitted => "submitJob: acknowledged".into(),
            Self::CancelJob => "cancelJob".into(),
            Self::UpdateResourceRequirements { vertex, bounds: ParallelismBounds { lower, upper } } => {
                format!("updateJobResourceRequirements of vertex {vertex}: {lower} to {upper}")
            }
            Self::StartJobMaster => "start JobMaster".into(),
            Self::SubmitTask(descriptor) => format!("submitTask {}", name_of(&descriptor.execution())),
            Self::Unreachable { execution, .. } => {
                format!("submitTask: unreachable for {}", name_of(execution))
            }
            Self::TaskSubmitted(execution) => format!("submitTask: acknowledged {}", name_of(execution)),
            Self::CancelTask(execution) => format!("cancelTask {}", name_of(execution)),
            Self::UpdateTaskExecutionState { execution, state, .. } => {
                format!("updateTaskExecutionState {} {state}", name_of(execution))
            }
            Self::RequestSplit(execution) => format!("RequestSplitEvent {}", name_of(execution)),
            Self::AddSplit { execution, split } => format!("AddSplitEvent {} {split}", name_of(execution)),
            Self::NoMoreSplits(execution) => format!("NoMoreSplitsEvent {}", name_of(execution)),
            Self::RequestPartitionState { channel, .. } => {
                format!("requestPartitionState of channel {channel}")
            }
            Self::ReportedWatermark { execution, watermark } => {
                format!("ReportedWatermarkEvent {} {watermark}", name_of(execution))
            }
            Self::WatermarkAlignment { execution, max_watermark } => {
                format!("WatermarkAlignmentEvent {} {max_watermark}", name_of(execution))
            }
            Self::PartitionState { channel, producer } => {
                let producer = producer.map_or("disposed", ExecutionState::name);
                format!("requestPartitionState of channel {channel}: {producer}")
            }
            Self::ReleasePartitions { partitions } => {
                let partitions: Vec<u32> = partitions.iter().map(|partition| partition.place()).collect();
                format!("releasePartitions {}", list(&partitions))
            }
            Self::NotifyEndOfData(execution) => format!("notifyEndOfData {}", name_of(execution)),
            Self::JobReachedTerminalState(status) => format!("job reached {status}"),
            Self::ShutDownCluster(status) => format!("shutDownCluster {status}"),
            Self::DeregisterApplication(status) => format!("deregisterApplication {status}"),
            Self::ApplicationDeregistered => "deregisterApplication: done".into(),
            Self::Yarn(call) => call.to_string(),
            _ => self.describe_slots(name_of),
        }
    }

    /// The same of the calls of registration and about slots.
    fn describe_slots(&self, name_of: &dyn Fn(&ExecutionAttemptId) -> Rc<str>) -> String {
        match self {
            Self::RegisterTaskExecutor { slots, allocated } if allocated.is_empty() => {
                format!("registerTaskExecutor, {slots} slots")
            }
            Self::RegisterTaskExecutor { slots, allocated } => {
                format!("registerTaskExecutor, {slots} slots, allocated {}", list(allocated))
            }
            Self::TaskExecutorRegistered => "registerTaskExecutor: success".into(),
            Self::RegisterJobMaster => "registerJobMaster".into(),
            Self::JobMasterRegistered => "registerJobMaster: success".into(),
            Self::DeclareRequiredResources { slots } => format!("declareRequiredResources, {slots} slots"),
            Self::NotEnoughResources { available } => {
                format!("notifyNotEnoughResourcesAvailable, {available} slots in all")
            }
            Self::RequestSlot { slot } => format!("requestSlot {slot}"),
            Self::OfferSlots { slots } => format!("offerSlots {}", list(slots)),
            Self::SlotsAccepted { slots } => format!("offerSlots: accepted {}", list(slots)),
            Self::SlotsRejected { slots } => format!("offerSlots: rejected {}", list(slots)),
            Self::NotifySlotsAvailable { slots } => format!("notifySlotAvailable {}", list(slots)),
            Self::DisconnectJobManager { cause } => format!("disconnectJobManager: {cause}"),
            Self::DisconnectResourceManager { cause } => format!("disconnectResourceManager: {cause}"),
            Self::TaskManagerLost { task_manager, cause } => {
                format!("disconnectTaskManager TaskManager {}: {cause}", task_manager.0 + 1)
            }
            Self::DisconnectTaskManager { cause } => format!("disconnectTaskManager: {cause}"),
            Self::FreeSlot { slot } => format!("freeSlot {slot}"),
            Self::FreeSlots => "freeSlots".into(),
            _ => self.describe_checkpoint(name_of),
        }
    }

    /// The same of the calls about checkpoints.
    fn describe_checkpoint(&self, name_of: &dyn Fn(&ExecutionAttemptId) -> Rc<str>) -> String {
        match self {
            Self::TriggerCheckpoint { execution, barrier } => {
                format!("triggerCheckpoint {} {}", barrier.id, name_of(execution))
            }
            Self::AcknowledgeCheckpoint { execution, checkpoint, .. } => {
                format!("acknowledgeCheckpoint {checkpoint} {}", name_of(execution))
            }
            Self::DeclineCheckpoint { execution, checkpoint, reason, .. } => {
                format!("declineCheckpoint {checkpoint} {} {}", name_of(execution), reason.name())
            }
            Self::NotifyCheckpointComplete { execution, checkpoint } => {
                format!("confirmCheckpoint {checkpoint} {}", name_of(execution))
            }
            Self::NotifyCheckpointAborted { execution, checkpoint } => {
                format!("abortCheckpoint {checkpoint} {}", name_of(execution))
            }
            Self::RequestCheckpoint { snapshot, .. } => method_of(*snapshot).into(),
            Self::CheckpointAnswered { snapshot, result } => match result {
                Ok(id) => format!("{}: {id} is complete", method_of(*snapshot)),
                Err(why) => format!("{}: {why}", method_of(*snapshot)),
            },
            _ => unreachable!("other calls are described before"),
        }
    }
}

/// Stops the run: nobody sends this call to `who`.
#[cold]
pub fn unknown_call(who: &str, call: &Call, from: Address) -> ! {
    let call = call.describe(&|task| task.to_string().into());
    panic!("{who} does not know {call} from {from}")
}

const fn method_of(snapshot: SnapshotType) -> &'static str {
    match snapshot {
        SnapshotType::Savepoint => "triggerSavepoint",
        SnapshotType::SavepointSuspend | SnapshotType::SavepointTerminate => "stopWithSavepoint",
        SnapshotType::Checkpoint | SnapshotType::FullCheckpoint => "triggerCheckpoint",
    }
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// A call on its way.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub from: Address,
    pub to: Address,
    /// The JobManager that it comes from or goes to, and in whose session it is said.
    pub leader: Leader,
    pub sent_at: u64,
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

    /// Wants something of what the cluster is deployed on.
    pub fn request_worker(&mut self, request: WorkerRequest) {
        self.workers.push(request);
    }

    /// What was said, and to whom.
    #[cfg(test)]
    pub fn take_calls(&mut self) -> impl Iterator<Item = (Address, Call)> {
        self.calls.drain(..)
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

/// The calls on their way. See the module.
#[derive(Clone, Debug)]
pub struct RpcNetwork {
    latency_ticks: u64,
    sent: u64,
    /// By arrival and by the order of sending.
    on_the_way: SortedMap<(u64, u64), Rc<Envelope>>,
}

impl RpcNetwork {
    /// A network in which every call takes `latency_ticks`.
    pub fn new(latency_ticks: u32) -> Self {
        Self { latency_ticks: u64::from(latency_ticks), sent: 0, on_the_way: SortedMap::new() }
    }

    /// Sends what `from` said, to or from the leader that it knows for each address. To one that it knows none of it
    /// has no connection, and says nothing.
    pub fn send_all(
        &mut self,
        from: Address,
        leader_of: &dyn Fn(Address) -> Option<Leader>,
        outbox: &mut Outbox,
        now: u64,
    ) {
        for (to, call) in outbox.calls.drain(..) {
            let Some(leader) = leader_of(to) else { continue };
            let envelope = Envelope { from, to, leader, sent_at: now, call };
            self.on_the_way.insert((now + self.latency_ticks, self.sent), Rc::new(envelope));
            self.sent += 1;
        }
    }

    /// When the next call is taken from tick `now` on; `takes_at`: when a process takes one that is there at a tick.
    pub fn next_arrival(&self, now: u64, takes_at: &dyn Fn(&Envelope, u64) -> Option<u64>) -> Option<u64> {
        let mut next = None;
        for (&(tick, _), envelope) in &self.on_the_way {
            if next.is_some_and(|next| next <= tick) {
                break;
            }
            let then = takes_at(envelope, tick.max(now));
            next = next.into_iter().chain(then).min();
        }
        next
    }

    /// The calls on their way, those that arrive first first.
    pub fn on_the_way(&self) -> impl Iterator<Item = &Envelope> {
        self.on_the_way.values().map(Rc::as_ref)
    }

    /// The same, to change what they say.
    #[cfg(test)]
    pub fn on_the_way_mut(&mut self) -> impl Iterator<Item = &mut Envelope> {
        self.on_the_way.values_mut().map(Rc::make_mut)
    }

    /// How many calls are on their way.
    pub fn len(&self) -> usize {
        self.on_the_way.len()
    }

    /// Whether no call is on its way.
    pub fn is_empty(&self) -> bool {
        self.on_the_way.is_empty()
    }

    /// Takes a call that has arrived by `now` at a process that takes any.
    pub fn deliver(
        &mut self,
        now: u64,
        takes: &dyn Fn(&Envelope) -> bool,
        choices: &mut Choices,
    ) -> Option<Rc<Envelope>> {
        // The first call of each pair of processes is a candidate.
        let mut candidates: Vec<((u64, u64), Address, Address)> = Vec::new();
        for (&key, envelope) in self.on_the_way.range(..=(now, u64::MAX)) {
            let is_first =
                !candidates.iter().any(|&(_, from, to)| from == envelope.from && to == envelope.to);
            if is_first && takes(envelope) {
                candidates.push((key, envelope.from, envelope.to));
            }
        }
        if candidates.is_empty() {
            return None;
        }
        let chosen = choices.choose(candidates.len() as u32, Choice::RpcOrder);
        self.on_the_way.remove(&candidates[chosen as usize].0)
    }
}
