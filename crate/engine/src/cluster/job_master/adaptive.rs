//! A job whose parallelism follows the slots that there are.
//!
//! Contract: the job has an execution graph only while it runs. When it is to run with other slots, or starts again
//! after a failure, all of it is cancelled, and the next graph is made with the parallelism that the slots allow, of
//! attempts with higher numbers than any before, from the newest checkpoint. Its states go only to those that may follow.
//! Flink: `AdaptiveScheduler` and its states. An execution graph is made at once here.

use std::rc::Rc;

use super::checkpointing::{Checkpoints, topology_of};
use super::{Execution, JobFailure, JobMaster, Transition};
use crate::base::ids::{ExecutionAttemptId, TaskId};
use crate::base::own::own_seldom;
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, RpcTurn};
use crate::operator::source::{SourceFiles, build_enumerator};
use crate::scheduler::adaptive::slot_allocator::{ParallelismBounds, desired_slots, determine_parallelism};
use crate::scheduler::adaptive::transition_manager::{Resources, StateTransitionManager, TransitionTimes};
use crate::scheduler::options::{SchedulerKind, SchedulerOptions};
use crate::scheduler::plan::JobPlan;
use crate::scheduler::scheduling_strategy::SchedulingStrategy;
use crate::scheduler::slot_sharing::share_slots;
use crate::task::state::ExecutionState;

/// Flink: the classes that extend `State`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdaptiveState {
    Created,
    /// Until when, if not for good.
    WaitingForResources {
        until: Option<u64>,
    },
    CreatingExecutionGraph,
    Executing,
    /// It runs, and ends with a savepoint.
    StopWithSavepoint,
    /// All tasks are cancelled; so long after their end it goes on, with this parallelism if it is a rescale.
    Restarting {
        delay: u64,
        at: Option<u64>,
        parallelism: Option<Vec<u32>>,
    },
    /// Its tasks are cancelled, because it was, or because it failed.
    Canceling,
    Failing,
    /// It ends.
    Finished,
}

impl AdaptiveState {
    /// Flink's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::WaitingForResources { .. } => "WaitingForResources",
            Self::CreatingExecutionGraph => "CreatingExecutionGraph",
            Self::Executing => "Executing",
            Self::StopWithSavepoint => "StopWithSavepoint",
            Self::Canceling => "Canceling",
            Self::Failing => "Failing",
            Self::Restarting { .. } => "Restarting",
            Self::Finished => "Finished",
        }
    }

    /// Whether one state may follow another. Flink: the `StateTransitions` of each of them.
    pub const fn may_become(&self, next: &Self) -> bool {
        match next {
            Self::Created => false,
            Self::WaitingForResources { .. } => {
                matches!(self, Self::Created | Self::CreatingExecutionGraph | Self::Restarting { .. })
            }
            Self::CreatingExecutionGraph => {
                matches!(self, Self::WaitingForResources { .. } | Self::Restarting { .. })
            }
            Self::Executing => matches!(self, Self::CreatingExecutionGraph | Self::StopWithSavepoint),
            Self::StopWithSavepoint => matches!(self, Self::Executing),
            Self::Restarting { .. } | Self::Failing => {
                matches!(self, Self::Executing | Self::StopWithSavepoint)
            }
            Self::Canceling => {
                let runs = matches!(self, Self::Executing | Self::StopWithSavepoint);
                runs || matches!(self, Self::Restarting { .. } | Self::Failing)
            }
            Self::Finished => !matches!(self, Self::Finished),
        }
    }

    /// Whether the job has tasks that run.
    const fn executes(&self) -> bool {
        matches!(self, Self::Executing | Self::StopWithSavepoint)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Adaptive {
    state: AdaptiveState,
    manager: StateTransitionManager,
    /// What each vertex asks for.
    bounds: Vec<ParallelismBounds>,
    files: SourceFiles,
    /// How many checkpoints are complete, and how many have failed, when it was looked at last.
    seen: (u64, u32),
    /// Failed checkpoints until it goes on without one, from the first change on.
    failures_left: Option<u32>,
    rescales: u32,
}

impl Adaptive {
    /// For a job that is scheduled so.
    pub fn new(plan: &JobPlan, files: &SourceFiles) -> Option<Rc<Self>> {
        let job = plan.adaptive_job.as_ref()?;
        let times = TransitionTimes { cooldown: 0, stabilization: 0, max_trigger_delay: 0 };
        let vertices = plan.vertices.iter().zip(&job.vertices);
        Some(Rc::new(Self {
            state: AdaptiveState::Created,
            manager: StateTransitionManager::new(times, 0),
            bounds: vertices
                .map(|(planned, vertex)| {
                    bounds_of(plan.scheduler, planned.max_parallelism, vertex.parallelism)
                })
                .collect(),
            files: files.clone(),
            seen: (0, 0),
            failures_left: None,
            rescales: 0,
        }))
    }

    /// Its state.
    pub const fn state(&self) -> &AdaptiveState {
        &self.state
    }

    /// When it goes on with other resources.
    pub const fn manager(&self) -> &StateTransitionManager {
        &self.manager
    }

    /// What each vertex asks for.
    pub fn bounds(&self) -> &[ParallelismBounds] {
        &self.bounds
    }

    /// How often the parallelism was changed.
    pub const fn rescales(&self) -> u32 {
        self.rescales
    }
}

/// What a vertex asks for at first. Flink: `computeVertexParallelismStore`, `computeReactiveModeVertexParallelismStore`.
pub fn bounds_of(scheduler: SchedulerOptions, max_parallelism: u32, parallelism: u32) -> ParallelismBounds {
    let upper = if scheduler.kind == SchedulerKind::Reactive { max_parallelism } else { parallelism };
    ParallelismBounds { lower: 1, upper }
}

impl JobMaster {
    /// The state of the adaptive scheduler, if it is one.
    pub fn adaptive(&self) -> Option<&Adaptive> {
        self.adaptive.as_deref()
    }

    /// Whether the parallelism follows the slots.
    pub(super) const fn is_adaptive(&self) -> bool {
        self.adaptive.is_some()
    }

    /// Whether a task that is submitted belongs to the execution graph at hand.
    pub fn may_submit(&self, execution: ExecutionAttemptId) -> bool {
        !self.is_adaptive() || self.is_current(execution)
    }

    fn adaptive_mut(&mut self) -> &mut Adaptive {
        own_seldom(self.adaptive.as_mut().expect("the job is scheduled adaptively"))
    }

    fn enter(&mut self, next: AdaptiveState) {
        let adaptive = self.adaptive_mut();
        let (from, to) = (adaptive.state.name(), next.name());
        debug_assert!(adaptive.state.may_become(&next), "the adaptive scheduler goes from {from} to {to}");
        adaptive.state = next;
        self.transitions.push(Transition::Adaptive { from, to });
    }

    /// The vertices of the job with what they ask for.
    fn asked(&self) -> Vec<(Rc<str>, ParallelismBounds)> {
        let bounds = self.adaptive.iter().flat_map(|adaptive| &adaptive.bounds);
        let names = self.plan.vertices.iter().map(|vertex| Rc::clone(&vertex.slot_sharing_group));
        names.zip(bounds.copied()).collect()
    }

    /// The parallelism that the slots allow.
    fn available(&self) -> Option<Vec<u32>> {
        determine_parallelism(&self.asked(), self.slots.offered().len() as u32)
    }

    fn parallelism(&self) -> Vec<u32> {
        self.plan.vertices.iter().map(|vertex| vertex.parallelism).collect()
    }

    /// Slots with which nothing is left to wish for. Flink: `calculateDesiredResources`.
    pub(super) fn desired(&self) -> u32 {
        desired_slots(&self.asked())
    }

    fn resources(&self) -> Resources {
        let available = self.available();
        let is_executing = self.adaptive().is_some_and(|it| it.state.executes());
        let would_change = !is_executing || available.as_ref().is_some_and(|it| *it != self.parallelism());
        Resources {
            is_sufficient: would_change && available.is_some(),
            is_desired: would_change && self.slots.offered().len() as u32 >= self.desired(),
        }
    }

    /// Tells the ResourceManager how many slots are wished for.
    pub(super) fn declare_desired(&mut self, turn: &mut RpcTurn<'_>) {
        self.declared_slots = self.desired();
        turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots: self.declared_slots });
    }

    /// Flink: `goToWaitingForResources`.
    pub(super) fn wait_for_resources(&mut self, turn: &mut RpcTurn<'_>) {
        let scheduler = self.plan.scheduler;
        let until = scheduler.wait_timeout().map(|timeout| turn.now + timeout);
        if self.status != JobStatus::Created {
            self.become_status(JobStatus::Created);
        }
        self.enter(AdaptiveState::WaitingForResources { until });
        let stabilization = scheduler.submission_stabilization();
        let times = TransitionTimes { cooldown: 0, stabilization, max_trigger_delay: 0 };
        self.adaptive_mut().manager = StateTransitionManager::new(times, turn.now);
        self.run_transition(turn);
        self.on_resources(turn);
    }

    /// Slots came, or are asked for differently.
    pub(super) fn on_resources(&mut self, turn: &mut RpcTurn<'_>) {
        let has = self.resources();
        let failures = self.plan.scheduler.adaptive.max_checkpoint_failures;
        let adaptive = self.adaptive_mut();
        adaptive.manager.on_change(turn.now, has);
        if adaptive.state.executes() {
            adaptive.failures_left.get_or_insert(failures);
        } else if matches!(adaptive.state, AdaptiveState::WaitingForResources { .. })
            && adaptive.manager.on_trigger(has)
        {
            self.create_execution_graph(turn);
        }
    }

    /// When something is due.
    pub(super) fn next_transition(&self) -> Option<u64> {
        let adaptive = self.adaptive()?;
        match adaptive.state {
            AdaptiveState::WaitingForResources { until } => {
                until.into_iter().chain(adaptive.manager.next_timer()).min()
            }
            AdaptiveState::Executing => adaptive.manager.next_timer(),
            AdaptiveState::Restarting { at, .. } => at,
            _ => None,
        }
    }

    fn is_stopping(&self) -> bool {
        self.checkpoints().is_some_and(Checkpoints::is_stopping)
    }

    /// Does what is due.
    pub(super) fn run_transition(&mut self, turn: &mut RpcTurn<'_>) {
        if self.next_transition().is_none_or(|at| at > turn.now) {
            return;
        }
        let has = self.resources();
        let now = turn.now;
        let adaptive = self.adaptive_mut();
        match adaptive.state {
            AdaptiveState::Restarting { .. } => self.after_restarting(turn),
            AdaptiveState::WaitingForResources { until }
                if adaptive.manager.run_timers(now, has) || until.is_some_and(|at| at <= now) =>
            {
                self.create_execution_graph(turn);
            }
            AdaptiveState::Executing if adaptive.manager.run_timers(now, has) => self.rescale(turn),
            _ => {}
        }
    }

    /// After whatever happened: checkpoints are triggers, tasks may all have ended.
    pub(super) fn follow_adaptive(&mut self, turn: &mut RpcTurn<'_>) {
        let Some(adaptive) = &self.adaptive else { return };
        if self.status.is_globally_terminal() && adaptive.state != AdaptiveState::Finished {
            return self.enter(AdaptiveState::Finished);
        }
        // Flink: `cancel`, `goToFailing`, `stopWithSavepoint`; a savepoint that fails is given up.
        let follows = match self.status {
            JobStatus::Failing => AdaptiveState::Failing,
            JobStatus::Cancelling => AdaptiveState::Canceling,
            _ if self.is_stopping() => AdaptiveState::StopWithSavepoint,
            _ => AdaptiveState::Executing,
        };
        let ends = matches!(follows, AdaptiveState::Failing | AdaptiveState::Canceling);
        if follows != adaptive.state && (ends || adaptive.state.executes()) {
            self.enter(follows);
        }
        let Some(adaptive) = &self.adaptive else { return };
        match &adaptive.state {
            AdaptiveState::Executing | AdaptiveState::StopWithSavepoint => self.watch_checkpoints(turn),
            AdaptiveState::Restarting { at: None, delay, .. }
                if self.executions.iter().all(|it| it.state.is_terminal()) =>
            {
                let after = turn.now + delay;
                if let AdaptiveState::Restarting { at, .. } = &mut self.adaptive_mut().state {
                    *at = Some(after);
                }
                self.run_transition(turn);
            }
            _ => {}
        }
    }

    /// Flink: `Executing#onCompletedCheckpoint`, `#onFailedCheckpoint`.
    fn watch_checkpoints(&mut self, turn: &mut RpcTurn<'_>) {
        let Some(checkpoints) = &self.checkpoints else { return };
        let counts = checkpoints.coordinator().statistics().counts();
        let (completed, failed) = (u64::from(counts.completed), counts.failed);
        let (is_stopping, has) = (self.is_stopping(), self.resources());
        let adaptive = self.adaptive_mut();
        let (completed_before, failed_before) = std::mem::replace(&mut adaptive.seen, (completed, failed));
        if let Some(left) = &mut adaptive.failures_left {
            *left = left.saturating_sub(failed.saturating_sub(failed_before));
        }
        let is_trigger =
            completed > completed_before || failed > failed_before && adaptive.failures_left == Some(0);
        if is_trigger && !is_stopping && adaptive.manager.on_trigger(has) {
            self.rescale(turn);
        }
    }

    /// Flink: `Executing#transitionToSubsequentState`.
    fn rescale(&mut self, turn: &mut RpcTurn<'_>) {
        let parallelism = self.available();
        self.adaptive_mut().rescales += 1;
        self.restart_all(0, parallelism, turn);
    }

    /// Cancels all tasks, to go on so many ticks after their end. Flink: `goToRestarting`.
    pub(super) fn restart_all(&mut self, delay: u64, parallelism: Option<Vec<u32>>, turn: &mut RpcTurn<'_>) {
        self.become_status(JobStatus::Restarting);
        self.enter(AdaptiveState::Restarting { delay, at: None, parallelism });
        self.cancel_tasks(turn);
    }

    /// Flink: `Restarting#goToSubsequentState`.
    fn after_restarting(&mut self, turn: &mut RpcTurn<'_>) {
        let available = self.available();
        let AdaptiveState::Restarting { parallelism, .. } = &self.adaptive_mut().state else { return };
        let is_as_decided = parallelism.is_some() && *parallelism == available;
        if is_as_decided || self.slots.offered().len() as u32 >= self.desired() {
            self.become_status(JobStatus::Created);
            self.create_execution_graph(turn);
        } else {
            self.wait_for_resources(turn);
        }
    }

    /// Flink: `CreatingExecutionGraph`, `goToExecuting`.
    fn create_execution_graph(&mut self, turn: &mut RpcTurn<'_>) {
        let Some(parallelism) = self.available() else {
            let failure = Rc::new(JobFailure::NotEnoughResources);
            return self.on_failure(None, failure, turn);
        };
        self.enter(AdaptiveState::CreatingExecutionGraph);
        let is_first =
            self.executions.iter().all(|it| it.attempt == 0 && it.state == ExecutionState::Created);
        let is_other = parallelism != self.parallelism();
        if is_other {
            self.replan(&parallelism);
        }
        let attempt =
            if is_first { 0 } else { 1 + self.executions.iter().map(|it| it.attempt).max().unwrap_or(0) };
        self.executions = vec![Execution::new(attempt); self.plan.executions.len()];
        if !is_first {
            let created = |task| Transition::Execution(task, ExecutionState::Created);
            self.transitions.extend(self.task_ids().map(created));
        }
        if !is_first || is_other {
            self.restore_all(turn);
        }
        self.strategy = SchedulingStrategy::new(&self.plan);
        self.slots.regroup(share_slots(&self.plan));
        self.enter(AdaptiveState::Executing);
        let (scheduler, interval) = (self.plan.scheduler.adaptive, self.plan.checkpoint.interval_ms);
        let triggers = u64::from(scheduler.max_checkpoint_failures) + 1;
        let times = TransitionTimes {
            cooldown: scheduler.cooldown_ticks,
            stabilization: scheduler.stabilization_ticks,
            max_trigger_delay: scheduler
                .max_delay_ticks
                .unwrap_or_else(|| interval.map_or(0, |interval| triggers * interval as u64)),
        };
        let counts = self.checkpoints().map(|it| it.coordinator().statistics().counts());
        let adaptive = self.adaptive_mut();
        adaptive.manager = StateTransitionManager::new(times, turn.now);
        adaptive.failures_left = None;
        adaptive.seen = counts.map_or((0, 0), |counts| (u64::from(counts.completed), counts.failed));
        self.become_status(JobStatus::Running);
        self.start_alignment(turn.now);
        let bulks = self.strategy.start();
        self.schedule(bulks, turn);
        let has = self.resources();
        self.adaptive_mut().manager.on_change(turn.now, has);
    }

    /// The job at another parallelism.
    fn replan(&mut self, parallelism: &[u32]) {
        self.plan = Rc::new(self.plan.at_parallelism(parallelism));
        self.transitions.push(Transition::Graph(Rc::clone(&self.plan)));
        if let Some(checkpoints) = &mut self.checkpoints {
            own_seldom(checkpoints).set_topology(topology_of(&self.plan));
        }
    }

    /// All tasks and enumerators begin with the newest checkpoint, if there is any.
    fn restore_all(&mut self, turn: &mut RpcTurn<'_>) {
        let tasks: Vec<TaskId> = self.task_ids().collect();
        self.restore_tasks(&tasks, turn);
        let Self { plan, adaptive, enumerators, .. } = self;
        let files = &adaptive.as_ref().expect("the job is scheduled adaptively").files;
        for (vertex, planned) in (0..).zip(&plan.vertices) {
            if let Some(spec) = &planned.source {
                enumerators.insert(vertex, build_enumerator(spec, files, planned.parallelism));
            }
        }
        self.restore_enumerators();
    }

    /// What the vertices ask for from now on. Flink: `updateJobResourceRequirements`.
    pub(super) fn on_requirements(&mut self, vertex: u32, bounds: ParallelismBounds, turn: &mut RpcTurn<'_>) {
        let is_over = self.status.is_globally_terminal();
        let Some(max) = self.plan.vertices.get(vertex as usize).map(|it| it.max_parallelism) else { return };
        let is_right = 1 <= bounds.lower && bounds.lower <= bounds.upper && bounds.upper <= max;
        if self.is_adaptive() && is_right && !is_over {
            self.adaptive_mut().bounds[vertex as usize] = bounds;
            self.declare_desired(turn);
            self.on_resources(turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_each_other_as_flinks_do() {
        use AdaptiveState::{
            Canceling, Created, CreatingExecutionGraph, Executing, Failing, Finished, StopWithSavepoint,
        };
        let waiting = AdaptiveState::WaitingForResources { until: None };
        let restarting = AdaptiveState::Restarting { delay: 0, at: None, parallelism: None };
        let all = [
            Created,
            waiting,
            CreatingExecutionGraph,
            Executing,
            StopWithSavepoint,
            restarting,
            Canceling,
            Failing,
            Finished,
        ];
        // A row a state, as its transitions in Flink are: of which states it may go to which.
        let table = [
            [0, 1, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 1, 0, 0, 0, 0, 0, 1],
            [0, 1, 0, 1, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 1, 1, 1, 1, 1],
            [0, 0, 0, 1, 0, 1, 1, 1, 1],
            [0, 1, 1, 0, 0, 0, 1, 0, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 0, 1, 0, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        for (from, row) in all.iter().zip(table) {
            for (to, may) in all.iter().zip(row) {
                assert_eq!(from.may_become(to), may == 1, "from {} to {}", from.name(), to.name());
            }
        }
    }
}
