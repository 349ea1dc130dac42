//! A TaskManager: slots, the tasks in them, and the network between them. Flink: `TaskExecutor`.

pub mod leaders;

use std::rc::Rc;

use super::fencing::Leader;
use super::process::{Life, Process};
use super::rpc::{Address, Call, Outbox, unknown_call};
use super::slot_table::{TaskSlotState, TaskSlotTable};
use crate::base::ids::{ExecutionAttemptId, PartitionId, TaskManagerId};
use crate::base::own::own_seldom;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::storage::file_system::{FileAnswer, FileOwner};
use crate::network::error::NetworkError;
use crate::network::partition::ResultPartition;
use crate::network::partition_type::ReleasedBy;
use crate::network::shuffle::NetworkConfiguration;
use crate::network::shuffle::ShuffleEnvironment;
use crate::network::subpartition::PipelinedSubpartition;
use crate::operator::function::UserFunctions;
use crate::operator::source::SourceFiles;
use crate::task::descriptor::{ChannelDescriptor, PartitionDescriptor, TaskDescriptor};
use crate::task::environment::TaskEnvironment;
use crate::task::memory::IllegalConfiguration;
use crate::task::memory::manager::MemoryManager;
use crate::task::memory::process_spec::TaskExecutorProcessSpec;
use crate::task::message::{Mail, TaskReport};
use crate::task::sorting::inputs::SortMemory;
use crate::task::state::ExecutionState;
use crate::task::stream_task::StreamTask;

use leaders::Leaders;

/// See the module.
#[derive(Clone)]
pub struct TaskExecutor {
    id: TaskManagerId,
    leaders: Leaders,
    slots: TaskSlotTable,
    memory: TaskExecutorProcessSpec,
    /// The managed memory of each slot.
    managed: Rc<Vec<MemoryManager>>,
    shuffle: ShuffleEnvironment,
    tasks: Vec<Rc<StreamTask>>,
    /// Partitions whose first buffer the JobMaster is to be told of. Flink: `ConsumableNotifyingResultPartitionWriter`.
    untold: Vec<(ExecutionAttemptId, PartitionId)>,
    process: Process,
    /// Since when nothing that is said between it and the JobManagers arrives.
    pub cut_off_since: Option<u64>,
}

impl TaskExecutor {
    /// One with free slots, with this memory and this network.
    pub fn new(
        process: Process,
        id: TaskManagerId,
        slots: u32,
        memory: TaskExecutorProcessSpec,
        network: NetworkConfiguration,
    ) -> Result<Self, IllegalConfiguration> {
        let segment_bytes = network.segment_bytes;
        let pages = memory.managed_pages_of_slot(slots, segment_bytes)?;
        Ok(Self {
            id,
            leaders: Leaders::known([Some(Leader::ONLY); 2]),
            slots: TaskSlotTable::new(slots),
            memory,
            managed: Rc::new(vec![MemoryManager::new(pages, segment_bytes); slots as usize]),
            shuffle: ShuffleEnvironment::new(id, network),
            tasks: Vec::new(),
            untold: Vec::new(),
            process,
            cut_off_since: None,
        })
    }

    /// The same, with what a scenario says about its memory and its network.
    pub fn of_scenario(
        process: Process,
        id: TaskManagerId,
        slots: u32,
        options: impl FnOnce() -> Result<(TaskExecutorProcessSpec, NetworkConfiguration), IllegalConfiguration>,
    ) -> Result<Self, IllegalConfiguration> {
        let (memory, network) = options()?;
        Self::new(process, id, slots, memory, network)
    }

    /// Its process: in a tick in which that does not act, no call is taken, no buffer moves, no task runs.
    pub const fn process(&self) -> &Process {
        &self.process
    }

    /// The same, to change it.
    pub const fn process_mut(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Whether its process is there.
    pub const fn is_alive(&self) -> bool {
        self.process.is_alive()
    }

    /// Its process is gone, and all that it had.
    pub fn end(&mut self, life: Life) {
        self.process.end(life);
        self.slots.free_all();
        self.lose_tasks();
    }

    /// Its tasks are gone, with their memory and their network.
    pub fn lose_tasks(&mut self) {
        self.tasks.clear();
        self.untold.clear();
        let memory = own_seldom(&mut self.managed);
        *memory = memory.iter().map(|slot| MemoryManager::new(slot.pages(), slot.page_bytes())).collect();
        self.shuffle = ShuffleEnvironment::new(self.id, *self.shuffle.configuration());
    }

    /// Its id.
    pub const fn id(&self) -> TaskManagerId {
        self.id
    }

    /// Its number of slots.
    pub fn slots(&self) -> u32 {
        self.slots.slots().len() as u32
    }

    /// Its slots.
    pub const fn slot_table(&self) -> &TaskSlotTable {
        &self.slots
    }

    /// The parts of its memory.
    pub const fn memory(&self) -> &TaskExecutorProcessSpec {
        &self.memory
    }

    /// The managed memory of each of its slots.
    pub fn managed_memory(&self) -> &[MemoryManager] {
        &self.managed
    }

    /// Its network.
    pub const fn shuffle(&self) -> &ShuffleEnvironment {
        &self.shuffle
    }

    /// Its network, for the links.
    pub const fn shuffle_mut(&mut self) -> &mut ShuffleEnvironment {
        &mut self.shuffle
    }

    /// Its tasks in the order of their deployment.
    pub fn tasks(&self) -> &[Rc<StreamTask>] {
        &self.tasks
    }

    /// A task and the network, to run it.
    pub fn task_and_shuffle(&mut self, place: u32) -> (&mut StreamTask, &mut ShuffleEnvironment) {
        (own_seldom(&mut self.tasks[place as usize]), &mut self.shuffle)
    }

    /// Takes tasks away that have ended and whose places others have taken. Flink: a task that ends leaves the
    /// `TaskSlotTable`; here it is kept as long as nothing comes after it, to be looked at.
    pub fn drop_tasks(&mut self, is_dropped: impl Fn(&StreamTask) -> bool) {
        self.tasks.retain(|task| !is_dropped(task));
    }

    /// What it says first.
    pub fn register(&self, outbox: &mut Outbox) {
        outbox.send(Address::ResourceManager, self.registration());
    }

    /// The same.
    pub fn registration(&self) -> Call {
        Call::RegisterTaskExecutor { slots: self.slots(), allocated: self.slots.allocated() }
    }

    /// Takes a call. `lend` gives the environment for a task's set-up.
    pub fn receive(
        &mut self,
        from: Address,
        call: &Call,
        functions: &Rc<dyn UserFunctions>,
        files: &SourceFiles,
        outbox: &mut Outbox,
        lend: impl FnOnce(&mut ShuffleEnvironment, &mut dyn FnMut(&mut TaskEnvironment<'_>)),
    ) {
        match call {
            Call::TaskExecutorRegistered => self.on_registered(),
            Call::SubmitTask(descriptor) => {
                let memory = self.reserve_sort_memory(descriptor);
                self.note_untold(descriptor);
                outbox.send(from, Call::TaskSubmitted(descriptor.execution()));
                let tasks = &mut self.tasks;
                lend(&mut self.shuffle, &mut |env| {
                    let descriptor = Rc::clone(descriptor);
                    tasks.push(Rc::new(StreamTask::deploy(descriptor, functions, files, memory, env)));
                });
                self.report((self.tasks.len() - 1) as u32, outbox);
            }
            Call::PartitionState { channel, producer } => {
                if producer.is_some_and(ExecutionState::is_running_or_will) {
                    lend(&mut self.shuffle, &mut |env| env.shuffle.retry_later(*channel, env.now));
                } else {
                    self.shuffle.abandon(*channel);
                }
            }
            Call::CancelTask(execution) => self.post(*execution, Mail::Cancel),
            Call::UpdatePartitions { execution, channel } => {
                let ChannelDescriptor { channel, partition, producer, .. } = *channel;
                let mut result = Ok(());
                lend(&mut self.shuffle, &mut |env| {
                    result = env.shuffle.update_channel(channel, partition, producer, env.now);
                });
                self.fail_if(*execution, result);
            }
            Call::UnknownExecution(execution) => {
                let message = format!(
                    "ExecutionGraphException: The execution attempt {} of task {} was not found.",
                    execution.attempt, execution.task
                );
                self.post(*execution, Mail::Fail(message.into()));
            }
            Call::AddSplit { execution, split } => self.post(*execution, Mail::AddSplit(*split)),
            Call::NoMoreSplits(execution) => self.post(*execution, Mail::NoMoreSplits),
            Call::TriggerCheckpoint { execution, barrier } if self.runs(*execution) => {
                self.post(*execution, Mail::TriggerCheckpoint(*barrier));
            }
            Call::TriggerCheckpoint { execution, barrier } => {
                // It has ended since: nobody shall wait for it.
                let (execution, checkpoint) = (*execution, barrier.id);
                let reason = CheckpointFailureReason::TaskCheckpointFailure;
                outbox.send(from, Call::DeclineCheckpoint { execution, checkpoint, reason, cause: None });
            }
            Call::NotifyCheckpointComplete { execution, checkpoint } => {
                self.post(*execution, Mail::NotifyCheckpointComplete(*checkpoint));
            }
            Call::NotifyCheckpointAborted { execution, checkpoint } => {
                self.post(*execution, Mail::NotifyCheckpointAborted(*checkpoint));
            }
            Call::WatermarkAlignment { execution, max_watermark } => {
                self.post(*execution, Mail::WatermarkAlignment(*max_watermark));
            }
            _ => self.receive_about_slots(from, call, outbox),
        }
    }

    /// The same of calls about its slots and results, and of who counts it as gone.
    fn receive_about_slots(&mut self, from: Address, call: &Call, outbox: &mut Outbox) {
        match call {
            // It may be asked a second time for what it has promised.
            Call::RequestSlot { slot } => {
                if self.slots.allocate(*slot)
                    || self.slots.slots()[*slot as usize] == TaskSlotState::Allocated
                {
                    outbox.send(Address::JobMaster, Call::OfferSlots { slots: vec![*slot] });
                }
            }
            Call::SlotsAccepted { slots } => {
                for &slot in slots {
                    self.slots.mark_active(slot);
                }
                self.on_slots_answered();
            }
            Call::SlotsRejected { slots } => {
                for &slot in slots {
                    self.slots.free(slot);
                }
                self.on_slots_answered();
                outbox.send(Address::ResourceManager, Call::NotifySlotsAvailable { slots: slots.clone() });
            }
            // The job is over: what a finished task wrote and nobody read goes too.
            Call::FreeSlot { slot } => {
                self.slots.free(*slot);
                outbox.send(Address::ResourceManager, Call::NotifySlotsAvailable { slots: vec![*slot] });
            }
            Call::ReleasePartitions { partitions } => {
                for &partition in partitions {
                    self.shuffle.release_partition(partition);
                }
            }
            Call::FreeSlots => {
                let slots = self.slots.allocated();
                self.slots.free_all();
                self.on_slots_answered();
                outbox.send(Address::ResourceManager, Call::NotifySlotsAvailable { slots });
                self.shuffle.release_all_partitions();
            }
            Call::DisconnectJobManager { cause } => self.on_job_master_lost(cause, outbox),
            Call::DisconnectResourceManager { .. } => self.register(outbox),
            _ => unknown_call("a TaskExecutor", call, from),
        }
    }

    /// Asks the JobMaster about producers whose partitions are not there.
    pub fn check_producers(&mut self, outbox: &mut Outbox) {
        for channel in self.shuffle.take_state_checks() {
            let Some(partition) = self.shuffle.channel(channel).map(|channel| channel.partition) else {
                continue;
            };
            outbox.send(Address::JobMaster, Call::RequestPartitionState { channel, partition });
        }
    }

    /// Whether there is something to say to the JobMaster, after a task has run.
    pub fn has_reports(&self, place: u32) -> bool {
        !self.untold.is_empty() || self.tasks[place as usize].has_reports()
    }

    fn note_untold(&mut self, descriptor: &TaskDescriptor) {
        for partition in &descriptor.partitions {
            if descriptor.tells_of_first_buffers && !partition.result_type.is_blocking() {
                self.untold.push((descriptor.execution(), partition.id));
            }
        }
    }

    fn tell_of_first_buffers(&mut self, outbox: &mut Outbox) {
        let shuffle = &self.shuffle;
        self.untold.retain(|&(execution, partition)| {
            let queues = shuffle.partition_by_id(partition).map_or(&[][..], ResultPartition::subpartitions);
            let is_empty = queues.iter().all(PipelinedSubpartition::is_empty);
            if !is_empty {
                outbox.send(Address::JobMaster, Call::ScheduleOrUpdateConsumers { execution, partition });
            }
            is_empty
        });
    }

    /// Sends what a task has to say to the JobMaster.
    pub fn report(&mut self, place: u32, outbox: &mut Outbox) {
        self.tell_of_first_buffers(outbox);
        let task = &mut self.tasks[place as usize];
        if !task.has_reports() {
            return;
        }
        let task = own_seldom(task);
        let execution = task.descriptor().execution();
        for report in task.take_reports() {
            let call = match report {
                TaskReport::State { state, failure } => {
                    if state.is_terminal() {
                        release_managed_memory(&mut self.managed, task.descriptor());
                        self.untold.retain(|&(writer, _)| writer != execution);
                    }
                    Call::UpdateTaskExecutionState { execution, state, failure }
                }
                TaskReport::RequestSplit => Call::RequestSplit(execution),
                TaskReport::EndOfData => Call::NotifyEndOfData(execution),
                TaskReport::AcknowledgeCheckpoint { checkpoint, metrics, state } => {
                    Call::AcknowledgeCheckpoint { execution, checkpoint, metrics, state }
                }
                TaskReport::DeclineCheckpoint { checkpoint, reason, cause } => {
                    Call::DeclineCheckpoint { execution, checkpoint, reason, cause }
                }
                TaskReport::File(request) => {
                    outbox.request_file(FileOwner::Task(execution), request);
                    continue;
                }
                TaskReport::ReportedWatermark(watermark) => Call::ReportedWatermark { execution, watermark },
            };
            outbox.send(Address::JobMaster, call);
        }
    }

    /// The file system has an answer for a task, if it is still there.
    pub fn on_file(&mut self, id: ExecutionAttemptId, answer: &FileAnswer, now: u64) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.descriptor().execution() == id) {
            own_seldom(task).on_file(answer, now);
        }
    }

    /// Gives a task that sorts its inputs its share of the managed memory of its slot.
    fn reserve_sort_memory(&mut self, descriptor: &TaskDescriptor) -> SortMemory {
        let (part, whole) = descriptor.sort_memory;
        let manager = &self.managed[descriptor.slot as usize];
        let page_bytes = manager.page_bytes();
        let mut pages = manager.pages_of_share(part, whole);
        if pages > 0 {
            let manager = &mut own_seldom(&mut self.managed)[descriptor.slot as usize];
            // An attempt that the JobMaster has given up may still be here and have it: this one then fails.
            if manager.allocate(descriptor.task, pages).is_err() {
                pages = 0;
            }
        }
        SortMemory { pages, page_bytes }
    }

    /// The JobMaster counts it as gone: its tasks fail, what they wrote goes, and its slots are offered again. Flink:
    /// `TaskExecutor#disconnectJobManagerConnection`, `#tryConnectToJobManager`.
    fn on_job_master_lost(&mut self, cause: &str, outbox: &mut Outbox) {
        self.fail_tasks(cause);
        self.slots.mark_inactive();
        self.offer_again(outbox);
    }

    /// The tasks of a job without a JobMaster fail. What others have written goes, unless who reads it takes it away:
    /// that may go on. Flink: `TaskExecutorPartitionTracker`, which knows no results that are released by their readers.
    fn fail_tasks(&mut self, cause: &str) {
        for task in &mut self.tasks {
            if task.state().is_terminal() {
                let results = task.descriptor().partitions.iter();
                let kept = |result: &&PartitionDescriptor| {
                    result.result_type.properties().released_by != ReleasedBy::Upstream
                };
                results.filter(kept).for_each(|result| self.shuffle.release_partition(result.id));
            } else {
                let message = format!("FlinkException: Disconnect from JobManager. Caused by: {cause}");
                own_seldom(task).post(Mail::Fail(message.into()));
            }
        }
    }

    /// The JobMaster did not answer in time. Flink: `TaskExecutor#offerSlotsToJobManager`, `#updateTaskExecutionState`,
    /// `RpcTaskOperatorEventGateway`; a producer whose state is not known is taken to run.
    pub fn on_ask_failed(&mut self, call: &Call, message: &str, now: u64, outbox: &mut Outbox) {
        match call {
            Call::OfferSlots { .. } => self.offer_again(outbox),
            Call::RequestPartitionState { channel, .. } => self.shuffle.retry_later(*channel, now),
            _ => {
                if let Some(execution) = call.execution().filter(|&execution| self.runs(execution)) {
                    self.post(execution, Mail::Fail(message.into()));
                }
            }
        }
    }

    /// The JobMaster reports which slots it has: those that it does not have any more are freed. Answers those that are
    /// not its own here. Flink: `TaskExecutor#syncTaskSlotAllocations`.
    pub fn reconcile_slots(&mut self, reported: &[u32], outbox: &mut Outbox) -> Vec<u32> {
        let in_use = |slot| {
            self.tasks.iter().any(|task| task.descriptor().slot == slot && !task.state().is_terminal())
        };
        let slots = (0..).zip(self.slots.slots());
        let (mut unused, mut missing) = (Vec::new(), Vec::new());
        for (slot, &state) in slots {
            match (reported.contains(&slot), state) {
                (false, TaskSlotState::Active) if !in_use(slot) => unused.push(slot),
                (true, TaskSlotState::Free) => missing.push(slot),
                _ => {}
            }
        }
        if !unused.is_empty() {
            for &slot in &unused {
                self.slots.free(slot);
            }
            outbox.send(Address::ResourceManager, Call::NotifySlotsAvailable { slots: unused });
        }
        missing
    }

    fn fail_if(&mut self, id: ExecutionAttemptId, result: Result<(), NetworkError>) {
        if let Err(error) = result {
            self.post(id, Mail::Fail(error.to_string().into()));
        }
    }

    /// Whether this attempt is here and has not ended.
    fn runs(&self, id: ExecutionAttemptId) -> bool {
        self.tasks.iter().any(|task| task.descriptor().execution() == id && !task.state().is_terminal())
    }

    fn post(&mut self, id: ExecutionAttemptId, mail: Mail) {
        // A task that is over, or never was here, gets no letters.
        if let Some(task) = self.tasks.iter_mut().find(|task| task.descriptor().execution() == id) {
            own_seldom(task).post(mail);
        }
    }
}

/// Takes back what a task holds of the managed memory of its slot.
fn release_managed_memory(managed: &mut Rc<Vec<MemoryManager>>, descriptor: &TaskDescriptor) {
    let slot = descriptor.slot as usize;
    if managed[slot].held_by(descriptor.task) > 0 {
        own_seldom(managed)[slot].release_all(descriptor.task);
    }
}
