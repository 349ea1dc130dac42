//! Runs one job: asks for slots, deploys region after region, follows the tasks' states, restarts what failed, ends
//! the job.
//!
//! Contract: every change of an execution's state follows `ExecutionState::may_become`, of the job's status
//! `JobStatus::may_become`. What is said about an attempt that is not the current one has no effect. Flink:
//! `JobMaster`, `DefaultScheduler`, `SourceCoordinator`.

pub mod adaptive;
pub mod checkpointing;
mod deployment;
mod failover;
mod locations;
mod producers;

use std::rc::Rc;

use super::job_status::JobStatus;
use super::rpc::{Address, Call, RpcTurn, unknown_call};
use crate::base::ids::{ChannelId, ExecutionAttemptId, TaskId, TaskManagerId};
use crate::base::ordered::{SortedMap, SortedSet, map_of};
use crate::graph::job_graph::JobType;
use crate::operator::function::UserFunctions;
use crate::operator::source::alignment::{AlignmentCoordinator, Announcement};
use crate::operator::source::{SourceFiles, SplitEnumerator, build_enumerator};
use crate::scheduler::exception_history::ExceptionHistory;
use crate::scheduler::failure_handler::ExecutionFailureHandler;
use crate::scheduler::plan::JobPlan;
use crate::scheduler::scheduling_strategy::{Bulk, SchedulingStrategy};
use crate::scheduler::slot_pool::{SlotPool, SlotUse};
use crate::scheduler::slot_sharing::share_slots;
use crate::task::state::ExecutionState;

use adaptive::Adaptive;
use checkpointing::Checkpoints;
use failover::PendingRestart;

pub use crate::scheduler::failure::JobFailure;
pub use crate::scheduler::slot_pool::SlotId;

/// The current attempt of an execution vertex, as the JobMaster knows it.
#[derive(Clone, Debug)]
pub struct Execution {
    pub state: ExecutionState,
    /// Attempts before it.
    pub attempt: u32,
    /// Where it runs or ran, or, before it is deployed, the attempt before it did; none once that is gone.
    pub slot: Option<SlotId>,
    /// Why it failed.
    failure: Option<Rc<JobFailure>>,
    /// Counts what was decided about the vertex: a restart is off when there is a later decision. Flink:
    /// `ExecutionVertexVersioner`.
    version: u32,
}

/// A change that the trace tells of.
#[derive(Clone, Debug)]
pub enum Transition {
    Job(JobStatus),
    Execution(TaskId, ExecutionState),
    /// The job has another execution graph.
    Graph(Rc<JobPlan>),
    /// The adaptive scheduler went from one of its states to another.
    Adaptive {
        from: &'static str,
        to: &'static str,
    },
    /// So many tasks will be restarted, because of this one.
    Restart {
        tasks: u32,
        failed: Option<TaskId>,
    },
}

/// See the module.
#[derive(Clone)]
pub struct JobMaster {
    plan: Rc<JobPlan>,
    status: JobStatus,
    executions: Vec<Execution>,
    strategy: SchedulingStrategy,
    handler: ExecutionFailureHandler,
    /// Restarts that are decided, in the order in which they were.
    restarts: Vec<PendingRestart>,
    /// Flink: `verticesWaitingForRestart`.
    waiting_for_restart: SortedSet<TaskId>,
    history: ExceptionHistory,
    slots: SlotPool,
    /// Slots that the ResourceManager was told to find.
    declared_slots: u32,
    /// Since when it has free slots that it does not need.
    idle_since: Option<u64>,
    /// What is scheduled and does not have all its slots.
    waiting: Vec<Bulk>,
    /// Channels of tasks that were deployed before it was known where their producers are.
    unknown_inputs: Vec<(TaskId, ChannelId)>,
    enumerators: SortedMap<u32, SplitEnumerator>,
    /// From when the job runs: the sources that wait for each other.
    alignment: AlignmentCoordinator,
    /// Since when tasks wait for slots.
    waiting_since: Option<u64>,
    failure: Option<Rc<JobFailure>>,
    /// Why there was no restart.
    verdict: Option<Rc<str>>,
    /// Since when it sends heartbeats.
    started_at: Option<u64>,
    transitions: Vec<Transition>,
    checkpoints: Option<Rc<Checkpoints>>,
    adaptive: Option<Rc<Adaptive>>,
}

impl Execution {
    /// An attempt that is not scheduled.
    const fn new(attempt: u32) -> Self {
        Self { state: ExecutionState::Created, attempt, slot: None, failure: None, version: 0 }
    }
}

impl JobMaster {
    /// A JobMaster for a job, not started.
    pub fn new(plan: Rc<JobPlan>, files: &SourceFiles, functions: &Rc<dyn UserFunctions>) -> Self {
        let executions = vec![Execution::new(0); plan.executions.len()];
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
            strategy: SchedulingStrategy::new(&plan),
            handler: ExecutionFailureHandler::new(
                &plan.restart,
                plan.checkpoint.is_enabled(),
                plan.scheduler.is_adaptive(),
            ),
            restarts: Vec::new(),
            waiting_for_restart: SortedSet::new(),
            history: ExceptionHistory::default(),
            slots: SlotPool::new(share_slots(&plan), slot_use),
            declared_slots: 0,
            idle_since: None,
            waiting: Vec::new(),
            unknown_inputs: Vec::new(),
            enumerators,
            alignment: AlignmentCoordinator::default(),
            waiting_since: None,
            failure: None,
            verdict: None,
            started_at: None,
            transitions: Vec::new(),
            checkpoints: Checkpoints::new(&plan, functions),
            adaptive: Adaptive::new(&plan, files),
            plan,
        }
    }

    /// What is deployed.
    pub const fn plan(&self) -> &Rc<JobPlan> {
        &self.plan
    }

    /// The job's status.
    pub const fn status(&self) -> JobStatus {
        self.status
    }

    /// The executions, by task id.
    pub fn executions(&self) -> &[Execution] {
        &self.executions
    }

    /// The enumerators of the sources, by their vertex.
    pub fn enumerators(&self) -> impl Iterator<Item = (u32, &SplitEnumerator)> {
        self.enumerators.iter().map(|(&vertex, enumerator)| (vertex, enumerator))
    }

    /// Why the job failed, if it did.
    pub fn failure(&self) -> Option<&JobFailure> {
        self.failure.as_deref()
    }

    /// Why the job was not restarted after that, in Flink's words.
    pub fn verdict(&self) -> Option<&str> {
        self.verdict.as_deref()
    }

    /// When it was started.
    pub const fn started_at(&self) -> Option<u64> {
        self.started_at
    }

    /// What failed so far.
    pub const fn history(&self) -> &ExceptionHistory {
        &self.history
    }

    /// What decides about restarts.
    pub const fn failure_handler(&self) -> &ExecutionFailureHandler {
        &self.handler
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
                SlotUse::UntilFinished => number % (task_managers.max(1) * slots_per_task_manager),
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
    pub fn receive(&mut self, from: Address, call: &Call, turn: &mut RpcTurn<'_>) {
        if !self.receive_about_checkpoints(call, turn) {
            self.receive_about_tasks(from, call, turn);
        }
        self.follow_job_status(turn);
    }

    fn receive_about_tasks(&mut self, from: Address, call: &Call, turn: &mut RpcTurn<'_>) {
        match (from, call) {
            // It was submitted twice at a time.
            (_, Call::StartJobMaster) if self.started_at.is_some() => {}
            (_, Call::StartJobMaster) => {
                self.started_at = Some(turn.now);
                self.become_status(JobStatus::Created);
                if let Err(failure) = self.start_hooks(turn.now) {
                    return self.fail_job(failure, None, turn);
                }
                if self.is_adaptive() {
                    self.wait_for_resources(turn);
                }
                self.connect_to_resource_manager(turn);
            }
            // It was cancelled while it registered, or has registered with another ResourceManager than before.
            (_, Call::JobMasterRegistered) if self.status != JobStatus::Created => {
                if !self.is_over() {
                    let slots = self.declared_slots;
                    turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots });
                }
            }
            (_, Call::JobMasterRegistered) if self.is_adaptive() => self.declare_desired(turn),
            (_, Call::JobMasterRegistered) => {
                self.become_status(JobStatus::Running);
                self.start_alignment(turn.now);
                let bulks = self.strategy.start();
                self.schedule(bulks, turn);
            }
            (_, Call::NotEnoughResources { available }) => self.on_not_enough_resources(*available, turn),
            (Address::TaskExecutor(id), Call::OfferSlots { slots }) => self.on_offer(id, slots, turn),
            (_, Call::TaskManagerLost { task_manager, cause }) => {
                let id = *task_manager;
                if self.slots.offered().iter().any(|slot| slot.task_manager == id) {
                    let cause = Rc::clone(cause);
                    turn.send(Address::TaskExecutor(id), Call::DisconnectJobManager { cause });
                }
                self.on_task_manager_lost(id, cause, turn);
            }
            (Address::TaskExecutor(id), Call::DisconnectTaskManager { cause }) => {
                self.on_task_manager_lost(id, cause, turn);
            }
            (_, Call::Unreachable { task_manager, execution }) => {
                self.on_unreachable(*task_manager, *execution, turn);
            }
            (_, Call::TaskSubmitted(_)) => {}
            (_, Call::UpdateTaskExecutionState { execution, state, failure }) => {
                self.on_state(*execution, *state, failure.clone(), turn);
            }
            (_, Call::ScheduleOrUpdateConsumers { execution, partition }) => {
                self.on_first_buffer(*execution, *partition, turn);
            }
            (_, Call::RequestSplit(execution)) => self.on_split_request(from, *execution, turn),
            (_, Call::ReportedWatermark { execution, watermark }) => {
                if self.is_current(*execution) {
                    let planned = &self.plan.executions[execution.task.index()];
                    self.alignment.report(planned.vertex.0, planned.subtask_idx, *watermark);
                }
            }
            (_, Call::RequestPartitionState { channel, partition }) => {
                let producer = self.producer_state(*channel, *partition);
                turn.send(from, Call::PartitionState { channel: *channel, producer });
            }
            (_, Call::CancelJob) => self.cancel_job(turn),
            (_, Call::UpdateResourceRequirements { vertex, bounds }) => {
                self.on_requirements(*vertex, *bounds, turn);
            }
            _ => unknown_call("the JobMaster", call, from),
        }
    }

    /// Registers with the ResourceManager, if it does anything. Flink: `connectToResourceManager`.
    pub fn connect_to_resource_manager(&self, turn: &mut RpcTurn<'_>) {
        if self.started_at.is_some() && !self.is_over() {
            turn.send(Address::ResourceManager, Call::RegisterJobMaster);
        }
    }

    /// Whether it does nothing for its job any more.
    fn is_over(&self) -> bool {
        self.status.is_globally_terminal() || self.status == JobStatus::Suspended
    }

    /// When something is due that nobody has to say.
    pub fn next_timer(&self) -> Option<u64> {
        let restart_or_slots = self.next_restart().into_iter().chain(self.slot_request_timeout());
        let others = self.next_alignment().into_iter().chain(self.next_checkpoint_timer());
        let slots = self.next_transition().into_iter().chain(self.slot_idle_timeout());
        restart_or_slots.chain(others).chain(slots).min()
    }

    /// Does what is due by now. Answers whether anything was.
    pub fn run_timers(&mut self, turn: &mut RpcTurn<'_>) -> bool {
        if self.next_timer().is_none_or(|at| at > turn.now) {
            return false;
        }
        self.run_restarts(turn);
        self.check_slot_requests(turn);
        self.announce_watermarks(turn);
        self.run_checkpoint_timers(turn);
        self.run_transition(turn);
        self.release_idle_slots(turn);
        self.follow_job_status(turn);
        true
    }

    /// The job runs: sources that wait for each other begin to.
    fn start_alignment(&mut self, now: u64) {
        let aligned = (0..).zip(&self.plan.vertices).filter_map(|(number, vertex)| {
            let head = &vertex.chain[0];
            head.operator.alignment().map(|alignment| (number, Rc::clone(&head.name), alignment.clone()))
        });
        self.alignment = AlignmentCoordinator::start(aligned, now);
    }

    fn next_alignment(&self) -> Option<u64> {
        self.alignment.next_at().filter(|_| self.status == JobStatus::Running)
    }

    /// Tells the sources that wait for each other how far they may go, as far as they run. Flink:
    /// `SourceCoordinator#announceCombinedWatermark`, `sendEventToSourceOperatorIfTaskReady`.
    fn announce_watermarks(&mut self, turn: &mut RpcTurn<'_>) {
        if self.next_alignment().is_none_or(|at| at > turn.now) {
            return;
        }
        for Announcement { vertex, subtask_idx, max_watermark } in self.alignment.announce(turn.now) {
            let first = self.plan.vertices[vertex as usize].first_task;
            let task = TaskId(first.0 + subtask_idx);
            if self.executions[task.index()].state == ExecutionState::Running {
                let call = Call::WatermarkAlignment { execution: self.execution_id(task), max_watermark };
                turn.send(Address::TaskExecutor(self.slot_of(task).task_manager), call);
            }
        }
    }

    fn on_split_request(&mut self, from: Address, execution: ExecutionAttemptId, turn: &mut RpcTurn<'_>) {
        if !self.is_current(execution) {
            return;
        }
        let planned = &self.plan.executions[execution.task.index()];
        let enumerator = self.enumerators.get_mut(&planned.vertex.0).expect("sources ask for splits");
        let answer = match enumerator.handle_split_request(planned.subtask_idx) {
            Some(split) => Call::AddSplit { execution, split },
            None => Call::NoMoreSplits(execution),
        };
        turn.send(from, answer);
    }

    /// Whether this is the attempt of its task that counts.
    pub fn is_current(&self, execution: ExecutionAttemptId) -> bool {
        // A task of an execution graph before this one may have no place in it.
        self.executions.get(execution.task.index()).is_some_and(|it| it.attempt == execution.attempt)
    }

    fn execution_id(&self, task: TaskId) -> ExecutionAttemptId {
        ExecutionAttemptId { task, attempt: self.executions[task.index()].attempt }
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
        if next.is_terminal() {
            self.slots.release(task);
        }
        self.transitions.push(Transition::Execution(task, next));
    }
}
