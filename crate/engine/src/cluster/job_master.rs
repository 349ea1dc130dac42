//! Runs one job: asks for slots, deploys region after region, follows the tasks' states, ends the job.
//!
//! Contract: every change of an execution's state follows `ExecutionState::may_become`, of the job's status
//! `JobStatus::may_become`. There is no restart so far: the first failed task fails the job, as in Flink
//! with the restart strategy `none`. Flink: `JobMaster`, `DefaultScheduler`, `SourceCoordinator`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::job_status::JobStatus;
use super::rpc::{Address, Call, Outbox};
use crate::base::ids::{PartitionId, TaskId, TaskManagerId};
use crate::base::ordered::{map_of, set_of};
use crate::graph::job_graph::JobType;
use crate::operator::source::{SourceFiles, SplitEnumerator, build_enumerator};
use crate::scheduler::plan::{JobPlan, PlannedGate};
use crate::scheduler::region_strategy::{PipelinedRegionSchedulingStrategy, RegionIdx};
use crate::scheduler::slot_pool::{SlotPool, SlotUse};
use crate::scheduler::slot_sharing::share_slots;
use crate::task::descriptor::{ChannelDescriptor, GateDescriptor, TaskDescriptor};
use crate::task::message::TaskFailure;
use crate::task::state::ExecutionState;

pub use crate::scheduler::slot_pool::SlotId;

/// Why a job failed.
#[derive(Clone, Debug)]
pub enum JobFailure {
    /// A task failed.
    Task { task: TaskId, failure: TaskFailure },
    /// The cluster has not enough slots. Flink: `NoResourceAvailableException`.
    NotEnoughSlots { required: u32, available: u32 },
}

/// The current attempt of an execution vertex, as the JobMaster knows it.
#[derive(Clone, Debug)]
pub struct Execution {
    pub state: ExecutionState,
    /// Where it runs or ran, once it is deployed.
    pub slot: Option<SlotId>,
}

/// A change that the trace tells of.
#[derive(Clone, Debug)]
pub enum Transition {
    Job(JobStatus),
    Execution(TaskId, ExecutionState),
}

/// See the module.
#[derive(Clone)]
pub struct JobMaster {
    plan: Rc<JobPlan>,
    status: JobStatus,
    executions: Vec<Execution>,
    strategy: PipelinedRegionSchedulingStrategy,
    slots: SlotPool,
    /// Slots that the ResourceManager was told to find.
    declared_slots: u32,
    /// Scheduled regions whose slots are not all there.
    waiting_regions: Vec<RegionIdx>,
    enumerators: BTreeMap<u32, SplitEnumerator>,
    failure: Option<JobFailure>,
    transitions: Vec<Transition>,
}

impl JobMaster {
    /// A JobMaster for a job, not started.
    pub fn new(plan: Rc<JobPlan>, files: &SourceFiles) -> Self {
        let executions = plan
            .executions
            .iter()
            .map(|_| Execution { state: ExecutionState::Created, slot: None })
            .collect();
        let enumerators = map_of((0..).zip(&plan.vertices).filter_map(|(n, vertex)| {
            vertex.source.as_ref().map(|spec| (n, build_enumerator(spec, files, vertex.parallelism)))
        }));
        let slot_use = match plan.job_type {
            JobType::Batch => SlotUse::UntilFinished,
            JobType::Streaming => SlotUse::Indefinite,
        };
        Self {
            status: JobStatus::Initializing,
            executions,
            strategy: PipelinedRegionSchedulingStrategy::new(&plan),
            slots: SlotPool::new(share_slots(&plan), slot_use),
            declared_slots: 0,
            waiting_regions: Vec::new(),
            enumerators,
            failure: None,
            transitions: Vec::new(),
            plan,
        }
    }

    /// The job's status.
    pub const fn status(&self) -> JobStatus {
        self.status
    }

    /// The executions, by task id.
    pub fn executions(&self) -> &[Execution] {
        &self.executions
    }

    /// Why the job failed, if it did.
    pub const fn failure(&self) -> Option<&JobFailure> {
        self.failure.as_ref()
    }

    /// The slots of the job: who has which, who waits.
    pub const fn slots(&self) -> &SlotPool {
        &self.slots
    }

    /// The slot of each task if the slots are handed out in the order of the TaskManagers: what the picture
    /// shows before they are. A batch job begins again at the first slot when it has used the last one; a
    /// streaming job that needs more than there are goes on on TaskManagers that are not there.
    pub fn foreseen_slots(&self, task_managers: u32, slots_per_task_manager: u32) -> Vec<SlotId> {
        let mut slots = vec![SlotId { task_manager: TaskManagerId(0), slot: 0 }; self.executions.len()];
        for (number, group) in (0..).zip(self.slots.groups()) {
            let number = match self.slots.slot_use() {
                SlotUse::Indefinite => number,
                SlotUse::UntilFinished => number % (task_managers * slots_per_task_manager),
            };
            let task_manager = TaskManagerId(number / slots_per_task_manager);
            for task in &group.tasks {
                slots[task.index()] = SlotId { task_manager, slot: number % slots_per_task_manager };
            }
        }
        slots
    }

    /// Takes what changed since the last call.
    pub fn take_transitions(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.transitions)
    }

    /// Takes a call.
    pub fn receive(&mut self, from: Address, call: &Call, outbox: &mut Outbox) {
        match (from, call) {
            (_, Call::StartJobMaster) => {
                self.become_status(JobStatus::Created);
                outbox.send(Address::ResourceManager, Call::RegisterJobMaster);
            }
            // It was cancelled while it registered.
            (_, Call::JobMasterRegistered) if self.status != JobStatus::Created => {}
            (_, Call::JobMasterRegistered) => {
                self.become_status(JobStatus::Running);
                let regions = self.strategy.start();
                self.schedule(&regions, outbox);
            }
            (_, Call::NotEnoughResources { available }) => self.on_not_enough_resources(*available, outbox),
            (Address::TaskExecutor(id), Call::OfferSlots { slots }) => self.on_offer(id, slots, outbox),
            (_, Call::TaskSubmitted(_)) => {}
            (_, Call::UpdateTaskExecutionState { task, state, failure }) => {
                self.on_state(*task, *state, failure.clone(), outbox);
            }
            (_, Call::RequestSplit(task)) => self.on_split_request(from, *task, outbox),
            (_, Call::RequestPartitionState { channel }) => {
                let producer = self.executions[self.plan.channels[channel.index()].from.index()].state;
                outbox.send(from, Call::PartitionState { channel: *channel, producer });
            }
            (_, Call::CancelJob) => self.cancel_job(outbox),
            _ => panic!("the JobMaster does not know {call:?} from {from}"),
        }
    }

    fn on_offer(&mut self, task_manager: TaskManagerId, slots: &[u32], outbox: &mut Outbox) {
        let from = Address::TaskExecutor(task_manager);
        if self.status != JobStatus::Running {
            outbox.send(from, Call::FreeSlots);
            return;
        }
        outbox.send(from, Call::SlotsAccepted { slots: slots.to_vec() });
        for &slot in slots {
            self.slots.offer(SlotId { task_manager, slot });
        }
        self.deploy_ready_regions(outbox);
    }

    /// The cluster has fewer slots than the job could use. A batch job makes do, as long as any of its regions
    /// fits into them. Flink: `PhysicalSlotRequestBulkChecker`, which streaming jobs alone are held to.
    fn on_not_enough_resources(&mut self, available: u32, outbox: &mut Outbox) {
        let required = match self.slots.slot_use() {
            SlotUse::Indefinite => self.slots.required(),
            SlotUse::UntilFinished => {
                self.waiting_regions.iter().map(|&region| self.slots_of_region(region)).max().unwrap_or(0)
            }
        };
        if required > available {
            self.fail_job(JobFailure::NotEnoughSlots { required, available }, outbox);
        }
    }

    fn slots_of_region(&self, region: RegionIdx) -> u32 {
        let groups = set_of(self.strategy.tasks(region).iter().map(|&task| self.slots.group_of(task)));
        groups.len() as u32
    }

    /// Asks for the slots of these regions, and deploys what can be deployed.
    fn schedule(&mut self, regions: &[RegionIdx], outbox: &mut Outbox) {
        for &region in regions {
            for &task in &self.strategy.tasks(region).to_vec() {
                self.become_state(task, ExecutionState::Scheduled);
                self.slots.request(task);
            }
            self.waiting_regions.push(region);
        }
        self.slots.fulfil();
        let slots = self.slots.required();
        if slots > self.declared_slots {
            self.declared_slots = slots;
            outbox.send(Address::ResourceManager, Call::DeclareRequiredResources { slots });
        }
        self.deploy_ready_regions(outbox);
    }

    /// Deploys, in topological order, the regions all of whose slots are there.
    fn deploy_ready_regions(&mut self, outbox: &mut Outbox) {
        for region in std::mem::take(&mut self.waiting_regions) {
            let tasks = self.strategy.tasks(region).to_vec();
            if tasks.iter().any(|&task| self.slots.slot_of(task).is_none()) {
                self.waiting_regions.push(region);
                continue;
            }
            for &task in &tasks {
                self.executions[task.index()].slot = self.slots.slot_of(task);
            }
            for &task in &tasks {
                self.become_state(task, ExecutionState::Deploying);
                let slot = self.slot_of(task);
                let descriptor = Rc::new(self.describe(task, slot));
                outbox.send(Address::TaskExecutor(slot.task_manager), Call::SubmitTask(descriptor));
            }
        }
    }

    fn describe(&self, task: TaskId, slot: SlotId) -> TaskDescriptor {
        let execution = &self.plan.executions[task.index()];
        let vertex = self.plan.vertex_of(task);
        let gate = |gate: &PlannedGate| GateDescriptor {
            input: gate.input,
            channels: gate
                .channels
                .iter()
                .map(|&id| {
                    let channel = &self.plan.channels[id.index()];
                    ChannelDescriptor {
                        channel: id,
                        partition: channel.partition,
                        subpartition: channel.subpartition,
                        producer: self.slot_of(channel.from).task_manager,
                    }
                })
                .collect(),
        };
        TaskDescriptor {
            task,
            job_type: self.plan.job_type,
            vertex: execution.vertex,
            name: Rc::clone(&execution.name),
            subtask_idx: execution.subtask_idx,
            parallelism: vertex.parallelism,
            max_parallelism: vertex.max_parallelism,
            attempt: 0,
            slot: slot.slot,
            chain: Rc::clone(&vertex.chain),
            time: self.plan.time,
            checkpoint: Rc::clone(&self.plan.checkpoint),
            gates: execution.gates.iter().map(gate).collect(),
            input_requirements: Rc::clone(&vertex.input_requirements),
            sort_memory: self.plan.sort_memory_of(vertex),
            partitions: execution.partitions.clone(),
            speed: vertex.speed,
            task_restore: None,
        }
    }

    fn on_state(
        &mut self,
        task: TaskId,
        state: ExecutionState,
        failure: Option<TaskFailure>,
        outbox: &mut Outbox,
    ) {
        let current = self.executions[task.index()].state;
        // It ended before the cancellation reached it, which will not be answered any more: however it ended, it
        // counts as cancelled. Flink: `Execution#markFinished`, `Execution#markFailed`.
        let has_ended = current == ExecutionState::Canceling && state.is_terminal();
        let (state, failure) = if has_ended { (ExecutionState::Canceled, None) } else { (state, failure) };
        // What a task of a job that is over says late has no effect.
        if !current.may_become(state) {
            return;
        }
        self.become_state(task, state);
        if state == ExecutionState::Finished {
            self.on_finished(task, outbox);
        }
        if let (ExecutionState::Failed, Some(failure)) = (state, failure) {
            self.fail_job(JobFailure::Task { task, failure }, outbox);
        }
        self.end_if_all_ended(outbox);
    }

    /// A task has finished: its slot is free for the regions that wait for its results, and the results that it
    /// was the last to read go.
    fn on_finished(&mut self, task: TaskId, outbox: &mut Outbox) {
        self.slots.release(task);
        let after = self.strategy.on_finished(task);
        self.release_partitions(&after.release, outbox);
        if self.status == JobStatus::Running {
            self.schedule(&after.schedule, outbox);
        }
    }

    /// Flink: `JobMasterPartitionTracker#stopTrackingAndReleasePartitions`.
    fn release_partitions(&self, released: &[(TaskId, PartitionId)], outbox: &mut Outbox) {
        let mut by_task_manager: BTreeMap<TaskManagerId, Vec<PartitionId>> = BTreeMap::new();
        for &(producer, partition) in released {
            by_task_manager.entry(self.slot_of(producer).task_manager).or_default().push(partition);
        }
        for (task_manager, partitions) in by_task_manager {
            outbox.send(Address::TaskExecutor(task_manager), Call::ReleasePartitions { partitions });
        }
    }

    fn on_split_request(&mut self, from: Address, task: TaskId, outbox: &mut Outbox) {
        let execution = &self.plan.executions[task.index()];
        let enumerator = self.enumerators.get_mut(&execution.vertex.0).expect("sources ask for splits");
        let answer = match enumerator.handle_split_request(execution.subtask_idx) {
            Some(split) => Call::AddSplit { task, split },
            None => Call::NoMoreSplits(task),
        };
        outbox.send(from, answer);
    }

    fn fail_job(&mut self, failure: JobFailure, outbox: &mut Outbox) {
        if self.status.may_become(JobStatus::Failing) {
            self.failure = Some(failure);
            self.become_status(JobStatus::Failing);
            self.cancel_tasks(outbox);
        }
    }

    fn cancel_job(&mut self, outbox: &mut Outbox) {
        if self.status.may_become(JobStatus::Cancelling) {
            self.become_status(JobStatus::Cancelling);
            self.cancel_tasks(outbox);
        }
    }

    fn cancel_tasks(&mut self, outbox: &mut Outbox) {
        for task in self.task_ids() {
            let state = self.executions[task.index()].state;
            if state.may_become(ExecutionState::Canceling) {
                self.become_state(task, ExecutionState::Canceling);
                let slot = self.slot_of(task);
                outbox.send(Address::TaskExecutor(slot.task_manager), Call::CancelTask(task));
            } else if state.may_become(ExecutionState::Canceled) && state < ExecutionState::Deploying {
                self.become_state(task, ExecutionState::Canceled);
            }
        }
        self.end_if_all_ended(outbox);
    }

    fn end_if_all_ended(&mut self, outbox: &mut Outbox) {
        if !self.executions.iter().all(|execution| execution.state.is_terminal()) {
            return;
        }
        let end = match self.status {
            JobStatus::Running => JobStatus::Finished,
            JobStatus::Failing => JobStatus::Failed,
            JobStatus::Cancelling => JobStatus::Canceled,
            _ => return,
        };
        self.become_status(end);
        let freed = set_of(self.slots.offered().iter().map(|slot| slot.task_manager));
        for task_manager in freed {
            outbox.send(Address::TaskExecutor(task_manager), Call::FreeSlots);
        }
        outbox.send(Address::Dispatcher, Call::JobReachedTerminalState(end));
    }

    fn task_ids(&self) -> impl Iterator<Item = TaskId> + use<> {
        (0..self.executions.len() as u32).map(TaskId)
    }

    fn slot_of(&self, task: TaskId) -> SlotId {
        self.executions[task.index()].slot.expect("a task that is deployed has a slot")
    }

    fn become_status(&mut self, next: JobStatus) {
        assert!(self.status.may_become(next), "the job goes from {} to {next}", self.status);
        self.status = next;
        self.transitions.push(Transition::Job(next));
    }

    fn become_state(&mut self, task: TaskId, next: ExecutionState) {
        let state = &mut self.executions[task.index()].state;
        assert!(state.may_become(next), "task {task} goes from {state} to {next}");
        *state = next;
        self.transitions.push(Transition::Execution(task, next));
    }
}
