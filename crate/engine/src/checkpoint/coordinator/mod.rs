//! Decides when checkpoints are taken, follows each to its end, keeps what is complete.
//!
//! Contract: pure logic on the virtual clock. It is told what happens (the time, answers, what tasks do) and says what
//! is to be done, in order (`take_actions`). Checkpoint ids rise over the job's life. After each call the JobMaster
//! asks for the next request that may run. Flink: `CheckpointCoordinator`; taking the coordinators' state, the storage
//! location and the trigger, one step here, are steps with threads between them there.

mod acknowledge;
#[cfg(test)]
mod breaking;
pub mod completed;
mod discard;
pub mod failures;
pub mod hooks;
pub mod pending;
pub mod plan;
pub mod request;
mod restore;
pub mod statistics;
pub mod topology;

#[cfg(test)]
pub mod tests;

use std::rc::Rc;

use crate::base::choice::{Choice, Choices};
use crate::base::ids::{OperatorId, TaskId};
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::shared_state_registry::SharedStateRegistry;
use crate::checkpoint::storage::{CheckpointStorage, FileWrite};
use crate::graph::checkpoint_settings::{CheckpointSettings, CheckpointingMode};
use crate::network::barrier::{CheckpointBarrier, CheckpointOptions, SavepointFormat, SnapshotType};
use crate::record::Value;
use completed::{CompletedCheckpoint, CompletedCheckpointStore, JobEnd};
use failures::CheckpointFailureManager;
use hooks::MasterHook;
use pending::PendingCheckpoint;
use request::{Decision, Load, RequestQueue, TriggerRequest};
use statistics::CheckpointStatsTracker;
use topology::{CheckpointTopology, TaskActivity};

/// What the JobMaster is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum CoordinatorAction {
    /// Tell a task to start a checkpoint.
    Trigger { task: TaskId, barrier: CheckpointBarrier },
    /// Tell a task that a checkpoint is complete.
    NotifyComplete { task: TaskId, checkpoint: u64 },
    /// Tell a task that one will not be.
    NotifyAborted { task: TaskId, checkpoint: u64 },
    /// Tell the sources' coordinators that a checkpoint is complete.
    CoordinatorsComplete { checkpoint: u64 },
    /// Answer a request that somebody waits for.
    Answer { request: TriggerRequest, result: Result<Rc<CompletedCheckpoint>, CheckpointFailureReason> },
    /// Write a checkpoint's `_metadata`, and tell how that ended (`metadata_written`).
    WriteMetadata(FileWrite),
    /// Delete files that no checkpoint needs.
    DeleteFiles(Vec<Rc<str>>),
    /// The same of a directory.
    DeleteDirectory(Rc<str>),
    /// Too many checkpoints failed; or the one that the job was to stop with.
    FailJob { reason: CheckpointFailureReason, is_stopped: bool },
}

/// Whether what it decides counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    AtWork,
    /// What is complete can be written down no more, and what was is another's: this process leads no more.
    Deposed,
    ShutDown,
}

/// See the module.
#[derive(Clone)]
pub struct CheckpointCoordinator {
    settings: Rc<CheckpointSettings>,
    topology: Rc<CheckpointTopology>,
    storage: CheckpointStorage,
    /// Flink: `CheckpointIDCounter`.
    next_id: u64,
    /// When the timer asks next, while it runs.
    next_trigger_at: Option<u64>,
    /// Whether the timer ran before: it starts without a random delay then.
    was_started: bool,
    standing: Standing,
    queue: RequestQueue,
    /// By id.
    pending: Vec<Rc<PendingCheckpoint>>,
    store: CompletedCheckpointStore,
    registry: SharedStateRegistry,
    /// The job started from a snapshot that is not its own: the first checkpoint must not build upon it.
    needs_full_snapshot: bool,
    hooks: Vec<MasterHook>,
    /// The job is about to start from a snapshot; whether hooks must take all that it has of hooks.
    hooks_start_strictly: Option<bool>,
    failures: CheckpointFailureManager,
    statistics: CheckpointStatsTracker,
    last_completion_at: Option<u64>,
    actions: Vec<CoordinatorAction>,
    /// Since when an event of an operator's coordinator is not confirmed: what was triggered later holds it as said, and
    /// is not complete before. Flink: `OperatorCoordinatorHolder#checkpointCoordinatorInternal`.
    pub unconfirmed_since: Option<u64>,
}

impl CheckpointCoordinator {
    /// The coordinator of a job that is not started.
    pub fn new(
        settings: Rc<CheckpointSettings>,
        topology: Rc<CheckpointTopology>,
        storage: CheckpointStorage,
    ) -> Self {
        Self {
            topology,
            storage,
            next_id: 1,
            next_trigger_at: None,
            was_started: false,
            standing: Standing::AtWork,
            queue: RequestQueue::default(),
            pending: Vec::new(),
            store: CompletedCheckpointStore::new(settings.retained_max),
            registry: SharedStateRegistry::default(),
            needs_full_snapshot: false,
            hooks: Vec::new(),
            hooks_start_strictly: None,
            failures: CheckpointFailureManager::new(settings.failures_tolerated),
            statistics: CheckpointStatsTracker::default(),
            unconfirmed_since: None,
            last_completion_at: None,
            actions: Vec::new(),
            settings,
        }
    }

    /// How the job checkpoints.
    pub fn settings(&self) -> &CheckpointSettings {
        &self.settings
    }

    /// Whether the timer runs.
    pub const fn is_periodic_started(&self) -> bool {
        self.next_trigger_at.is_some()
    }

    /// When something is to be done: the timer, a checkpoint whose time is over, or a hook's answer.
    pub fn next_timer(&self) -> Option<u64> {
        let expiry = self.pending.iter().filter(|pending| pending.finalizing.is_none());
        let answers = self.pending.iter().flat_map(|pending| &pending.hooks).map(|answer| answer.at);
        expiry.map(|pending| pending.expires_at).chain(self.next_trigger_at).chain(answers).min()
    }

    /// What is to be done, in order, since the last call.
    pub fn take_actions(&mut self) -> Vec<CoordinatorAction> {
        std::mem::take(&mut self.actions)
    }

    /// The id of the next checkpoint.
    pub const fn next_id(&self) -> u64 {
        self.next_id
    }

    /// The JobManager leads no more and does not know: nothing that it keeps, and nothing that it deletes, counts.
    pub const fn depose(&mut self) {
        self.standing = Standing::Deposed;
    }

    /// Checkpoints that are under way, by id.
    pub fn pending(&self) -> &[Rc<PendingCheckpoint>] {
        &self.pending
    }

    /// Those that are kept.
    pub const fn store(&self) -> &CompletedCheckpointStore {
        &self.store
    }

    /// Who needs which of the files that checkpoints share.
    pub const fn registry(&self) -> &SharedStateRegistry {
        &self.registry
    }

    /// Where snapshots go.
    pub const fn storage(&self) -> &CheckpointStorage {
        &self.storage
    }

    pub const fn statistics(&self) -> &CheckpointStatsTracker {
        &self.statistics
    }

    /// How many requests wait.
    pub const fn queued(&self) -> usize {
        self.queue.len()
    }

    /// All required tasks run: the timer starts, if the job has one. Flink: `startCheckpointScheduler`.
    pub fn start_periodic(&mut self, now: u64, choices: &mut Choices) {
        let Some(interval) = self.interval() else { return };
        if self.standing == Standing::ShutDown || self.is_periodic_started() {
            return;
        }
        let pause = self.settings.pause_min_ms as u64;
        let delay = if self.was_started {
            pause
        } else {
            let spread = u32::try_from(interval - pause + 1).unwrap_or(u32::MAX);
            pause + u64::from(choices.choose(spread, Choice::CheckpointDelay))
        };
        self.was_started = true;
        self.next_trigger_at = Some(now + delay);
    }

    /// The job does not run any more: the timer stops, and what is under way is given up. Flink:
    /// `stopCheckpointScheduler`.
    pub fn stop_periodic(&mut self, now: u64) {
        self.next_trigger_at = None;
        self.abort_all(now, CheckpointFailureReason::CoordinatorSuspend);
    }

    /// The timer stops, and what is under way goes on: the job is to stop with a savepoint.
    pub fn pause_periodic(&mut self) {
        self.next_trigger_at = None;
    }

    /// The job has ended for good.
    pub fn shutdown(&mut self, now: u64, end: JobEnd) {
        if self.standing != Standing::AtWork {
            return;
        }
        self.standing = Standing::ShutDown;
        self.next_trigger_at = None;
        self.close_hooks();
        self.abort_all(now, CheckpointFailureReason::CoordinatorShutdown);
        let dropped = self.store.shutdown(end, self.settings.retention);
        self.drop_checkpoints(&dropped);
        self.drop_what_none_needs();
    }

    /// Asks for a checkpoint: it runs as soon as it may. Flink: `triggerCheckpoint`, `triggerSavepoint`.
    pub fn request(
        &mut self,
        (snapshot, format, target): (SnapshotType, SavepointFormat, Option<&'static str>),
        now: u64,
        number: u32,
    ) {
        // Savepoints do not wait for checkpoints, unless those keep buffers that a savepoint would wait for.
        let is_forced = snapshot.is_savepoint() && !self.settings.is_unaligned();
        let asked =
            TriggerRequest { snapshot, format, target, is_forced, number, ..TriggerRequest::periodic(now) };
        self.add(TriggerRequest { is_periodic: false, ..asked });
    }

    /// The clock is at `now`: what is due is done.
    pub fn run_timers(&mut self, now: u64) {
        let is_due =
            |pending: &&Rc<PendingCheckpoint>| pending.expires_at <= now && pending.finalizing.is_none();
        while let Some(id) = self.pending.iter().find(is_due).map(|pending| pending.id) {
            self.abort(id, now, CheckpointFailureReason::Expired);
        }
        self.take_hook_answers(now);
        if let (Some(at), Some(interval)) = (self.next_trigger_at, self.interval())
            && at <= now
        {
            self.next_trigger_at = Some((at + interval).max(now + 1));
            self.add(TriggerRequest::periodic(now));
        }
    }

    /// The next request that may run now, taken out of the queue.
    pub fn next_request(&mut self, now: u64) -> Option<TriggerRequest> {
        // One after the other is begun.
        while self.pending.last().is_none_or(|last| last.barrier.is_none()) {
            let pause_ends_at =
                self.last_completion_at.map_or(0, |at| at + self.settings.pause_min_ms as u64);
            let load = Load {
                pending: self.pending.len() as u32,
                concurrent_max: self.settings.concurrent_max,
                pause_left: pause_ends_at.saturating_sub(now),
            };
            match self.queue.decide(load) {
                Decision::Run(request) => return Some(request),
                Decision::Wait => return None,
                Decision::TooEarly(request) => {
                    self.next_trigger_at = self.next_trigger_at.map(|_| pause_ends_at);
                    self.refuse(request, now, CheckpointFailureReason::MinimumTimeBetweenCheckpoints);
                }
            }
        }
        None
    }

    /// Begins what was asked for: `activity` says what each task does, `coordinators` takes the state of the sources'
    /// coordinators for a checkpoint. Flink: `startTriggeringCheckpoint`.
    pub fn begin(
        &mut self,
        request: TriggerRequest,
        now: u64,
        activity: &[TaskActivity],
        coordinators: &mut dyn FnMut(u64) -> Vec<(OperatorId, Value)>,
    ) {
        let refusal = if self.standing == Standing::ShutDown {
            Some(CheckpointFailureReason::CoordinatorShutdown)
        } else if request.is_periodic && !self.is_periodic_started() {
            Some(CheckpointFailureReason::PeriodicSchedulerShutdown)
        } else {
            None
        };
        let plan = plan::calculate(&self.topology, activity, self.settings.after_tasks_finish);
        let plan = match (refusal, plan) {
            (None, Ok(plan)) => plan,
            (Some(reason), _) | (None, Err(reason)) => return self.refuse(request, now, reason),
        };
        let id = self.next_id;
        self.next_id += 1;
        self.statistics.report_pending(id, now, request.snapshot, plan.wait.len() as u32);
        let expires_at = now + self.settings.timeout_ms as u64;
        let mut pending = PendingCheckpoint::new(id, now, request, plan, expires_at);
        for (operator, state) in coordinators(id) {
            pending.acknowledge_coordinator(&self.topology, operator, state);
        }
        let snapshot = match request.snapshot {
            SnapshotType::Checkpoint if self.needs_full_snapshot => SnapshotType::FullCheckpoint,
            snapshot => snapshot,
        };
        let options = self.options(snapshot).for_savepoint(request.format, request.target);
        let barrier = CheckpointBarrier { id, timestamp: now, options };
        pending.barrier = Some(barrier);
        pending.hooks = self.trigger_hooks(id, now);
        self.pending.push(Rc::new(pending));
        self.take_hook_answers(now);
    }

    fn options(&self, snapshot: SnapshotType) -> CheckpointOptions {
        CheckpointOptions::for_config(
            snapshot,
            self.settings.mode == CheckpointingMode::ExactlyOnce,
            self.settings.is_unaligned(),
            self.settings.aligned_timeout_ms as u64,
        )
    }

    /// Checkpoints do not come more often than the pause between them allows.
    fn interval(&self) -> Option<u64> {
        self.settings.interval_ms.map(|interval| interval.max(self.settings.pause_min_ms) as u64)
    }

    fn add(&mut self, request: TriggerRequest) {
        if let Err((given_up, reason)) = self.queue.add(request) {
            self.refuse(given_up, request.asked_at, reason);
        }
    }

    /// Nothing comes of a request.
    fn refuse(&mut self, request: TriggerRequest, now: u64, reason: CheckpointFailureReason) {
        self.statistics.report_refused(now, reason);
        if request.number > 0 {
            self.actions.push(CoordinatorAction::Answer { request, result: Err(reason) });
        }
        if !request.snapshot.is_savepoint() && self.failures.on_failure(None, reason) {
            self.actions.push(CoordinatorAction::FailJob { reason, is_stopped: false });
        }
    }
}
