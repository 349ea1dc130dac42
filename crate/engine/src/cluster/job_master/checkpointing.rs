//! Checkpoints, as the JobMaster runs them: it tells the coordinator what happens, and does what the coordinator says.
//!
//! Contract: after whatever the coordinator was told, requests that may run now are begun before anything is sent, in
//! the order in which they were decided. Answers of attempts that are not current are given to nobody. Flink:
//! `SchedulerBase#acknowledgeCheckpoint` and its siblings, `ExecutionGraphHandler`, `CheckpointCoordinatorDeActivator`,
//! `StopWithSavepointTerminationManager`.

mod stopping;

use std::rc::Rc;

use super::{JobFailure, JobMaster};
use crate::base::ids::{OperatorId, TaskId, first_attempt_of};
use crate::base::ordered::{SortedSet, map_of};
use crate::base::own::own_seldom;
use crate::checkpoint::coordinator::completed::{CompletedCheckpoint, JobEnd};
use crate::checkpoint::coordinator::request::TriggerRequest;
use crate::checkpoint::coordinator::topology::{
    CheckpointEdge, CheckpointOperator, CheckpointTask, CheckpointTopology, CheckpointVertex, TaskActivity,
};
use crate::checkpoint::coordinator::{CheckpointCoordinator, CoordinatorAction};
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::JobManagerTaskRestore;
use crate::checkpoint::restore::assignment::{check, state_of};
use crate::checkpoint::restore::settings::RestoreSettings;
use crate::checkpoint::savepoint_file::Committed;
use crate::checkpoint::storage::FileWrite;
use crate::checkpoint::storage::file_system::{FileAnswer, FileRequest};
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, RpcTurn};
use crate::graph::job_graph::{ChainedOperator, JobType, SubtaskStateMapper};
use crate::network::barrier::{SavepointFormat, SnapshotType};
use crate::operator::function::UserFunctions;
use crate::record::Value;
use crate::scheduler::plan::{JobPlan, PlannedVertex};
use crate::task::state::ExecutionState;
use stopping::Stopping;

/// Flink: `StopWithSavepointTerminationManager#checkSavepointActionPreconditions`.
const NO_DIRECTORY: &str = "IllegalStateException: No savepoint directory configured. You can either specify a \
    directory while cancelling via -s :targetDirectory or configure a cluster-wide default via key \
    'execution.checkpointing.savepoint-dir'.";

/// How a request that somebody made ended.
#[derive(Clone, Debug)]
pub struct CheckpointAnswer {
    /// Requests count from 1.
    pub number: u32,
    pub at: u64,
    pub snapshot: SnapshotType,
    /// Else: why nothing came of it, in Flink's words.
    pub result: Result<Rc<CompletedCheckpoint>, Rc<str>>,
}

/// What a job starts from. Flink: `SavepointRestoreSettings`.
#[derive(Clone, Debug)]
pub struct StartFrom {
    pub snapshot: Rc<CompletedCheckpoint>,
    /// What it is called in messages.
    pub path: Rc<str>,
    /// Its files, which the file system has from the start.
    pub files: Rc<[FileWrite]>,
    /// Transactions that the external system knows as committed.
    pub committed: Rc<[Committed]>,
    pub settings: RestoreSettings,
}

impl StartFrom {
    /// Makes a plan fit where it may be changed: what nobody set is as it was. Else: why the job cannot start so.
    pub fn prepare(&self, plan: &mut JobPlan) -> Result<(), String> {
        let topology = topology_of(plan);
        check(&topology, &self.snapshot.operators, &self.path, self.settings.allow_non_restored_state)?;
        for (place, vertex) in topology.vertices.iter().enumerate() {
            let mut states = vertex.operators.iter().filter_map(|it| state_of(&self.snapshot.operators, it));
            if let Some(state) = states.next() {
                plan.set_max_parallelism(place, state.max_parallelism);
            }
        }
        Ok(())
    }
}

/// What the JobMaster knows of checkpoints.
#[derive(Clone)]
pub struct Checkpoints {
    coordinator: CheckpointCoordinator,
    /// Whether the job was running when it was looked at last.
    was_running: bool,
    /// Tasks all of whose data is through.
    ended: SortedSet<TaskId>,
    requests: u32,
    stopping: Option<Stopping>,
    answers: Rc<Vec<CheckpointAnswer>>,
    /// What tasks that start again begin with.
    restores: Vec<(TaskId, Rc<JobManagerTaskRestore>)>,
    functions: Rc<dyn UserFunctions>,
}

impl Checkpoints {
    /// Those of a job, if it can have any: stage after stage there are none.
    pub fn new(plan: &JobPlan, functions: &Rc<dyn UserFunctions>) -> Option<Rc<Self>> {
        if plan.job_type == JobType::Batch {
            return None;
        }
        let topology = Rc::new(topology_of(plan));
        Some(Rc::new(Self {
            coordinator: CheckpointCoordinator::new(
                Rc::clone(&plan.checkpoint),
                topology,
                plan.storage.clone(),
            ),
            was_running: false,
            ended: SortedSet::new(),
            requests: 0,
            stopping: None,
            answers: Rc::default(),
            restores: Vec::new(),
            functions: Rc::clone(functions),
        }))
    }

    /// The job goes on at another parallelism.
    pub(super) fn set_topology(&mut self, topology: CheckpointTopology) {
        self.coordinator.set_topology(Rc::new(topology));
        self.ended = SortedSet::new();
        self.restores.clear();
    }

    pub const fn coordinator(&self) -> &CheckpointCoordinator {
        &self.coordinator
    }

    /// How the requests that somebody made ended, in that order.
    pub fn answers(&self) -> &[CheckpointAnswer] {
        &self.answers
    }

    /// Whether the job is to stop with a savepoint.
    pub const fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }
}

/// What the coordinator knows of a job.
pub fn topology_of(plan: &JobPlan) -> CheckpointTopology {
    let operators = |vertex: &PlannedVertex| {
        let operator = |operator: &ChainedOperator| CheckpointOperator {
            id: operator.id,
            user_defined_id: operator.user_defined_id,
            name: Rc::clone(&operator.name),
        };
        vertex.chain.iter().map(operator).collect()
    };
    let vertices = plan.vertices.iter().map(|vertex| CheckpointVertex {
        id: vertex.id,
        name: Rc::clone(&vertex.name),
        parallelism: vertex.parallelism,
        max_parallelism: vertex.max_parallelism,
        is_max_parallelism_derived: vertex.is_max_parallelism_derived,
        first_task: vertex.first_task,
        is_any_output_blocking: vertex.sorts(),
        operators: operators(vertex),
    });
    let tasks = (0..).map(TaskId).zip(&plan.executions).map(|(task, execution)| CheckpointTask {
        vertex: execution.vertex,
        subtask_idx: execution.subtask_idx,
        producers: plan.producers_of(task),
    });
    CheckpointTopology { vertices: vertices.collect(), tasks: tasks.collect(), edges: edges_of(plan) }
}

/// The edges, each found by the first channel of its first producer.
fn edges_of(plan: &JobPlan) -> Vec<CheckpointEdge> {
    let mut edges: Vec<CheckpointEdge> = Vec::new();
    for channel in &plan.channels {
        let producer = &plan.executions[channel.from.index()];
        let (source, partition) = (producer.vertex, channel.output);
        if edges.iter().any(|edge| (edge.source, edge.partition) == (source, partition)) {
            continue;
        }
        let partitioner = &producer.partitions[partition as usize].partitioner;
        edges.push(CheckpointEdge {
            source,
            partition,
            target: plan.executions[channel.to.index()].vertex,
            gate: channel.gate,
            upstream: SubtaskStateMapper::upstream_of(partitioner),
            downstream: SubtaskStateMapper::downstream_of(partitioner),
        });
    }
    edges
}

impl JobMaster {
    /// The checkpoints of the job; none where it runs stage after stage.
    pub fn checkpoints(&self) -> Option<&Checkpoints> {
        self.checkpoints.as_deref()
    }

    /// Takes a call about checkpoints. Answers whether it was one.
    pub(super) fn receive_about_checkpoints(&mut self, call: &Call, turn: &mut RpcTurn<'_>) -> bool {
        let now = turn.now;
        match call {
            Call::AcknowledgeCheckpoint { execution, checkpoint, metrics, state } => {
                if self.is_current(*execution) {
                    let unconfirmed_since = turn.unconfirmed_since;
                    let acknowledge = |it: &mut CheckpointCoordinator| {
                        it.unconfirmed_since = unconfirmed_since;
                        it.acknowledge(execution.task, *checkpoint, *metrics, state, now);
                    };
                    self.tell(acknowledge, turn);
                } else {
                    self.tell(|it| it.delete_snapshot(state), turn);
                }
            }
            Call::DeclineCheckpoint { execution, checkpoint, reason, cause } => {
                if self.is_current(*execution) {
                    self.tell(|it| it.decline(*checkpoint, *reason, cause.clone(), now), turn);
                }
            }
            Call::NotifyEndOfData(execution) => {
                if self.is_current(*execution) && self.checkpoints.is_some() {
                    self.on_end_of_data(execution.task, turn);
                }
            }
            Call::RequestCheckpoint { snapshot, format, target } => {
                self.on_request((*snapshot, *format, *target), turn);
            }
            _ => return false,
        }
        true
    }

    /// For tests that break it.
    #[cfg(test)]
    pub fn coordinator_mut(&mut self) -> &mut CheckpointCoordinator {
        &mut self.checkpoints_mut().coordinator
    }

    /// When the coordinator has something to do.
    pub(super) fn next_checkpoint_timer(&self) -> Option<u64> {
        self.checkpoints.as_ref()?.coordinator.next_timer()
    }

    pub(super) fn run_checkpoint_timers(&mut self, turn: &mut RpcTurn<'_>) {
        let now = turn.now;
        if self.next_checkpoint_timer().is_some_and(|at| at <= now) {
            self.tell(|it| it.run_timers(now), turn);
        }
    }

    /// After whatever happened: the timer runs while the job does. Flink: `CheckpointCoordinatorDeActivator`.
    pub(super) fn follow_job_status(&mut self, turn: &mut RpcTurn<'_>) {
        self.follow_with_checkpoints(turn);
        if self.is_adaptive() {
            self.follow_adaptive(turn);
            self.follow_with_checkpoints(turn);
        }
        self.note_idle_slots(turn.now);
    }

    fn follow_with_checkpoints(&mut self, turn: &mut RpcTurn<'_>) {
        let Some(checkpoints) = &self.checkpoints else { return };
        let is_running = self.status == JobStatus::Running;
        let (now, settings) = (turn.now, checkpoints.coordinator.settings());
        let has_timer = !settings.is_enabled() || checkpoints.coordinator.is_periodic_started();
        let is_up = is_running && self.executions.iter().any(|it| it.state == ExecutionState::Running);
        if checkpoints.was_running && !is_running {
            self.checkpoints_mut().was_running = false;
            self.tell(|it| it.stop_periodic(now), turn);
        } else if is_up && !(checkpoints.was_running && (has_timer || checkpoints.is_stopping())) {
            let choices = &mut *turn.choices;
            let checkpoints = own_seldom(self.checkpoints.as_mut().expect("it was there just now"));
            checkpoints.was_running = true;
            checkpoints.coordinator.start_periodic(now, choices);
        }
        let end = match self.status {
            JobStatus::Finished => JobEnd::Finished,
            JobStatus::Canceled => JobEnd::Canceled,
            JobStatus::Failed => JobEnd::Failed,
            _ => return,
        };
        self.tell(|it| it.shutdown(now, end), turn);
    }

    /// These tasks start again: what they begin with goes with them. Answers the checkpoint that it comes from; 0: none.
    pub(super) fn restore_tasks(&mut self, tasks: &[TaskId], turn: &mut RpcTurn<'_>) -> u64 {
        let now = turn.now;
        let Some(checkpoints) = &mut self.checkpoints else { return 0 };
        let checkpoints = own_seldom(checkpoints);
        checkpoints.ended.retain(|task| !tasks.contains(task));
        checkpoints.restores.retain(|(task, _)| !tasks.contains(task));
        let restored = checkpoints.coordinator.restore_for(tasks, now);
        checkpoints.restores.extend(restored);
        let latest = checkpoints.coordinator.store().latest().map_or(0, |latest| latest.id);
        self.carry_on(turn);
        latest
    }

    /// Makes the hooks of the master, which go back to the snapshot that the job starts from, if there is one.
    pub(super) fn start_hooks(&mut self, now: u64) -> Result<(), Rc<JobFailure>> {
        let Some(checkpoints) = &mut self.checkpoints else { return Ok(()) };
        let checkpoints = own_seldom(checkpoints);
        let operators = self.plan.vertices.iter().flat_map(|vertex| vertex.chain.iter());
        let with_function = |it: &ChainedOperator| Some((it.node, it.operator.user_function()?));
        let functions = map_of(operators.filter_map(with_function));
        let made = checkpoints
            .coordinator
            .make_hooks(functions.values().copied(), checkpoints.functions.as_ref())
            .and_then(|()| checkpoints.coordinator.restore_hooks(now));
        made.map_err(|error| Rc::new(JobFailure::MasterHook(error)))
    }

    /// Hooks go back to what tasks start from again.
    pub(super) fn restore_hooks(&mut self, now: u64) -> Result<(), Rc<JobFailure>> {
        let Some(checkpoints) = &mut self.checkpoints else { return Ok(()) };
        let restored = own_seldom(checkpoints).coordinator.restore_hooks(now);
        restored.map_err(|error| Rc::new(JobFailure::MasterHook(error)))
    }

    /// The job starts from a snapshot, which was found to fit.
    pub fn start_from(&mut self, start: &StartFrom) {
        let checkpoints = self.checkpoints_mut();
        let restored = checkpoints.coordinator.restore_savepoint(
            start.snapshot.as_ref().clone(),
            &start.path,
            start.settings,
        );
        if let Err(error) = restored {
            panic!("a snapshot is checked before the job is submitted: {error}");
        }
        self.begin_with_latest();
    }

    /// The job goes on where another JobMaster was: with the checkpoints that it kept, and attempts of their own. Flink:
    /// `CheckpointCoordinator#restoreInitialCheckpointIfPresent`, a new `ExecutionGraphID`.
    pub fn recover(&mut self, graph: u32, kept: &[Rc<CompletedCheckpoint>], next_checkpoint_id: u64) {
        for execution in &mut self.executions {
            execution.attempt = first_attempt_of(graph);
        }
        if self.checkpoints.is_some() {
            let recovered = self.checkpoints_mut().coordinator.recover(kept, next_checkpoint_id);
            if let Err(error) = recovered {
                panic!("what another JobManager has kept can be registered: {error}");
            }
            if !kept.is_empty() {
                self.begin_with_latest();
            }
        }
    }

    /// The process of this JobMaster leads no more and does not know yet.
    pub fn depose(&mut self) {
        if self.checkpoints.is_some() {
            self.checkpoints_mut().coordinator.depose();
        }
    }

    /// All tasks, and the coordinators of the sources, begin with the newest snapshot that is kept.
    fn begin_with_latest(&mut self) {
        let tasks: Vec<TaskId> = self.task_ids().collect();
        let checkpoints = self.checkpoints_mut();
        checkpoints.restores = checkpoints.coordinator.restore_for(&tasks, 0);
        self.restore_enumerators();
    }

    /// The enumerators begin with the newest checkpoint.
    pub(super) fn restore_enumerators(&mut self) {
        let Self { plan, enumerators, checkpoints, .. } = self;
        let coordinator = checkpoints.as_ref().map(|checkpoints| &checkpoints.coordinator);
        let vertices: Vec<u32> = enumerators.keys().copied().collect();
        for (vertex, enumerator) in vertices.iter().zip(enumerators.values_mut()) {
            let source = plan.vertices[*vertex as usize].chain[0].id;
            if let Some((_, state)) = coordinator.and_then(|it| it.restored_coordinator_state(source)) {
                enumerator.restore(state);
            }
        }
    }

    /// What a task begins with.
    pub(super) fn task_restore(&self, task: TaskId) -> Option<Rc<JobManagerTaskRestore>> {
        let restores = &self.checkpoints.as_ref()?.restores;
        restores.iter().find(|(of, _)| *of == task).map(|(_, restore)| Rc::clone(restore))
    }

    /// The file system has an answer: a checkpoint's `_metadata` is written, or cannot be.
    pub fn on_file(&mut self, answer: &FileAnswer, turn: &mut RpcTurn<'_>) {
        let now = turn.now;
        let failure = answer.result.as_ref().err().map(|error| error.to_string().into());
        self.tell(|it| it.metadata_written(&answer.path, failure, now), turn);
        self.follow_job_status(turn);
    }

    /// Whether what is deployed goes on from a checkpoint: none is complete while a task is still to be deployed.
    pub(super) fn is_restored(&self) -> bool {
        self.checkpoints.as_ref().is_some_and(|it| it.coordinator.store().latest().is_some())
    }

    /// All data of a task is through. When that of all is, one checkpoint is taken at once, with which they end. Flink:
    /// `SchedulerBase#notifyEndOfData`.
    fn on_end_of_data(&mut self, task: TaskId, turn: &mut RpcTurn<'_>) {
        self.checkpoints_mut().ended.insert(task);
        if self.checkpoints_ref().is_stopping() {
            return;
        }
        let has_ended = |(task, execution): (TaskId, &super::Execution)| {
            execution.state == ExecutionState::Finished || self.checkpoints_ref().ended.contains(&task)
        };
        let settings = self.checkpoints_ref().coordinator.settings();
        let is_final = settings.is_enabled() && settings.after_tasks_finish;
        if is_final && (0..).map(TaskId).zip(&self.executions).all(has_ended) {
            let (snapshot, now) = (SnapshotType::Checkpoint, turn.now);
            self.tell(|it| it.request((snapshot, SavepointFormat::Canonical, None), now, 0), turn);
        }
    }

    /// Somebody asks for a checkpoint, or a savepoint, or to stop with one.
    fn on_request(
        &mut self,
        asked: (SnapshotType, SavepointFormat, Option<&'static str>),
        turn: &mut RpcTurn<'_>,
    ) {
        let (snapshot, _, target) = asked;
        let now = turn.now;
        if self.checkpoints.is_none() {
            let is_blocking = self.plan.channels.iter().any(|channel| channel.result_type.is_blocking());
            let result = Err(if snapshot.is_savepoint() && is_blocking {
                CheckpointFailureReason::BlockingOutputExist.message().into()
            } else {
                format!("IllegalStateException: Job {} is not a streaming job.", self.plan.job_id).into()
            });
            turn.send(Address::Dispatcher, Call::CheckpointAnswered { snapshot, result });
            return;
        }
        let has_directory = target.is_some() || self.plan.storage.savepoints.is_some();
        let checkpoints = self.checkpoints_mut();
        checkpoints.requests += 1;
        let number = checkpoints.requests;
        if snapshot.is_savepoint() && !has_directory {
            return self.say(number, snapshot, Err(NO_DIRECTORY.into()), turn);
        }
        if snapshot.is_synchronous() {
            checkpoints.stopping = Some(Stopping { number, savepoint: None, unfinished: SortedSet::new() });
            checkpoints.coordinator.pause_periodic();
        }
        self.tell(|it| it.request(asked, now, number), turn);
    }

    /// Tells the coordinator something, and does what it says.
    fn tell(&mut self, what: impl FnOnce(&mut CheckpointCoordinator), turn: &mut RpcTurn<'_>) {
        if let Some(checkpoints) = &mut self.checkpoints {
            what(&mut own_seldom(checkpoints).coordinator);
            self.carry_on(turn);
        }
    }

    /// Begins the requests that may run, and does what the coordinator says, until it has nothing more to say.
    fn carry_on(&mut self, turn: &mut RpcTurn<'_>) {
        loop {
            let coordinator = &mut self.checkpoints_mut().coordinator;
            if let Some(request) = coordinator.next_request(turn.now) {
                self.begin(request, turn.now);
                continue;
            }
            let actions = coordinator.take_actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                self.act(action, turn);
            }
        }
    }

    fn begin(&mut self, request: TriggerRequest, now: u64) {
        let activity: Vec<TaskActivity> = self
            .executions
            .iter()
            .map(|execution| match execution.state {
                ExecutionState::Running => TaskActivity::Running,
                ExecutionState::Finished => TaskActivity::Finished,
                _ => TaskActivity::NotRunning,
            })
            .collect();
        let Self { plan, enumerators, checkpoints, .. } = self;
        let mut enumerators = |checkpoint| -> Vec<(OperatorId, Value)> {
            let vertices: Vec<u32> = enumerators.keys().copied().collect();
            let sources = vertices.iter().map(|&vertex| plan.vertices[vertex as usize].chain[0].id);
            let states = enumerators.values_mut().map(|enumerator| enumerator.snapshot_state(checkpoint));
            sources.zip(states).collect()
        };
        let checkpoints = own_seldom(checkpoints.as_mut().expect("only a coordinator has requests"));
        checkpoints.coordinator.begin(request, now, &activity, &mut enumerators);
    }

    fn act(&mut self, action: CoordinatorAction, turn: &mut RpcTurn<'_>) {
        match action {
            CoordinatorAction::Trigger { task, barrier } => {
                let execution = self.execution_id(task);
                self.send_to(task, Call::TriggerCheckpoint { execution, barrier }, turn);
            }
            // Nobody waits for an answer: where it is lost, a task that is to stop with this savepoint waits for good, and
            // so does its job, until it is cancelled. Flink: `RpcTaskManagerGateway#notifyCheckpointOnComplete`, which drops
            // the future; the termination handler has no time-out.
            CoordinatorAction::NotifyComplete { task, checkpoint } => {
                let execution = self.execution_id(task);
                self.send_to(task, Call::NotifyCheckpointComplete { execution, checkpoint }, turn);
            }
            CoordinatorAction::NotifyAborted { task, checkpoint } => {
                let execution = self.execution_id(task);
                self.send_to(task, Call::NotifyCheckpointAborted { execution, checkpoint }, turn);
            }
            CoordinatorAction::CoordinatorsComplete { checkpoint } => {
                for enumerator in self.enumerators.values_mut() {
                    enumerator.checkpoint_complete(checkpoint);
                }
            }
            CoordinatorAction::Answer { request, result } => self.answer(request, result, turn),
            CoordinatorAction::WriteMetadata(file) => turn.request_file(FileRequest::Write(file)),
            CoordinatorAction::DeleteFiles(files) => {
                for file in files {
                    turn.request_file(FileRequest::Delete(file));
                }
            }
            CoordinatorAction::DeleteDirectory(directory) => {
                turn.request_file(FileRequest::DeleteDirectory(directory));
            }
            CoordinatorAction::FailJob { reason, is_stopped } => {
                self.on_failure(None, Rc::new(JobFailure::Checkpoints { reason, is_stopped }), turn);
            }
        }
    }

    /// Somebody waits for this. A job that could not stop with its savepoint goes on.
    fn answer(
        &mut self,
        request: TriggerRequest,
        result: Result<Rc<CompletedCheckpoint>, CheckpointFailureReason>,
        turn: &mut RpcTurn<'_>,
    ) {
        let (number, snapshot) = (request.number, request.snapshot);
        let stopping = &mut self.checkpoints_mut().stopping;
        if let Some(waiting) = stopping.as_mut().filter(|stopping| stopping.number == number) {
            match result {
                Ok(savepoint) => {
                    waiting.savepoint = Some((snapshot, savepoint));
                    return self.stop_if_all_ended(turn);
                }
                Err(_) => *stopping = None,
            }
        }
        self.say(number, snapshot, result.map_err(|reason| reason.message().into()), turn);
    }

    /// Answers a request.
    fn say(
        &mut self,
        number: u32,
        snapshot: SnapshotType,
        result: Result<Rc<CompletedCheckpoint>, Rc<str>>,
        turn: &mut RpcTurn<'_>,
    ) {
        let said = result.as_ref().map(|completed| completed.id).map_err(Rc::clone);
        turn.send(Address::Dispatcher, Call::CheckpointAnswered { snapshot, result: said });
        let answer = CheckpointAnswer { number, at: turn.now, snapshot, result };
        own_seldom(&mut self.checkpoints_mut().answers).push(answer);
    }

    /// Sends a call to where a task runs, if it does.
    pub(super) fn send_to(&self, task: TaskId, call: Call, turn: &mut RpcTurn<'_>) {
        let execution = &self.executions[task.index()];
        if let (Some(slot), false) = (execution.slot, execution.state.is_terminal()) {
            turn.send(Address::TaskExecutor(slot.task_manager), call);
        }
    }

    fn checkpoints_ref(&self) -> &Checkpoints {
        self.checkpoints.as_ref().expect("a job with barriers has checkpoints")
    }

    fn checkpoints_mut(&mut self) -> &mut Checkpoints {
        own_seldom(self.checkpoints.as_mut().expect("a job with barriers has checkpoints"))
    }
}
