//! From a pending checkpoint to a completed one, or to none.
//!
//! Contract: a checkpoint that is complete is kept before anybody hears of it. Flink:
//! `CheckpointCoordinator#receiveAcknowledgeMessage`, `#receiveDeclineMessage`, `#completePendingCheckpoint`,
//! `#abortPendingCheckpoint`.

use std::rc::Rc;

use super::completed::{CompletedCheckpoint, SnapshotOwner};
use super::pending::{PendingCheckpoint, TaskAcknowledgeResult};
use super::statistics::SubtaskStats;
use super::{CheckpointCoordinator, CoordinatorAction, Standing};
use crate::base::ids::TaskId;
use crate::base::own::own_seldom;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::TaskStateSnapshot;
use crate::checkpoint::metadata;
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::checkpoint::storage::{FileWrite, METADATA};

impl CheckpointCoordinator {
    /// A task has taken its part of a checkpoint.
    pub fn acknowledge(
        &mut self,
        task: TaskId,
        checkpoint: u64,
        metrics: CheckpointMetrics,
        snapshot: &Rc<TaskStateSnapshot>,
        now: u64,
    ) {
        self.statistics.report_subtask(checkpoint, SubtaskStats { task, acknowledged_at: now, metrics });
        if !self.pending.iter().any(|pending| pending.id == checkpoint) {
            // It was given up while this was on its way: nobody will ever need it.
            return self.delete_snapshot(snapshot);
        }
        let registered = match self.register(checkpoint, snapshot) {
            Ok(registered) => registered,
            Err(error) => {
                self.delete_snapshot(snapshot);
                self.statistics.report_cause(checkpoint, Some(error.to_string().into()));
                return self.abort(checkpoint, now, CheckpointFailureReason::FinalizeCheckpointFailure);
            }
        };
        let pending = self.pending.iter_mut().find(|pending| pending.id == checkpoint);
        let pending = own_seldom(pending.expect("it was there just now"));
        // What is lost fails its task, or the checkpoint expires: it is not looked at again.
        let is_confirmed = self.unconfirmed_since.is_none_or(|since| since > pending.timestamp);
        match pending.acknowledge(&self.topology, task, &registered) {
            TaskAcknowledgeResult::Success if pending.is_fully_acknowledged() && is_confirmed => {
                self.complete(checkpoint, now);
            }
            TaskAcknowledgeResult::Success | TaskAcknowledgeResult::Duplicate => {}
            TaskAcknowledgeResult::Unknown => self.delete_snapshot(snapshot),
        }
    }

    /// A task cannot, or will not.
    pub fn decline(
        &mut self,
        checkpoint: u64,
        reason: CheckpointFailureReason,
        cause: Option<Rc<str>>,
        now: u64,
    ) {
        self.statistics.report_cause(checkpoint, cause);
        // A call that reached no task is none of a task's answers.
        let is_lost = matches!(
            reason,
            CheckpointFailureReason::TriggerCheckpointFailure
                | CheckpointFailureReason::TaskCheckpointFailure
        );
        let by_task = !is_lost && !reason.is_pre_flight();
        if let Some(pending) = self.take_pending(checkpoint) {
            self.give_up(&pending, now, reason, by_task);
        }
    }

    /// Gives up all that is under way or waits. Flink: `abortPendingAndQueuedCheckpoints`.
    pub fn abort_all(&mut self, now: u64, reason: CheckpointFailureReason) {
        for request in self.queue.take() {
            self.refuse(request, now, reason);
        }
        self.abort_pending(now, reason);
    }

    /// Gives up all that is under way. Flink: `abortPendingCheckpoints`.
    pub fn abort_pending(&mut self, now: u64, reason: CheckpointFailureReason) {
        while let Some(first) = self.pending.first() {
            self.abort(first.id, now, reason);
        }
    }

    /// Gives up a checkpoint, if it is under way.
    pub(super) fn abort(&mut self, id: u64, now: u64, reason: CheckpointFailureReason) {
        if let Some(pending) = self.take_pending(id) {
            self.give_up(&pending, now, reason, false);
        }
    }

    fn take_pending(&mut self, id: u64) -> Option<Rc<PendingCheckpoint>> {
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.remove(at))
    }

    /// Flink: `CheckpointFailureManager#handleCheckpointException`: `by_task`, since one of them said so.
    fn give_up(
        &mut self,
        pending: &PendingCheckpoint,
        now: u64,
        reason: CheckpointFailureReason,
        by_task: bool,
    ) {
        self.statistics.report_end(pending.id, now, Some(reason));
        if let Some(directory) = self.directory_of(pending) {
            self.actions.push(CoordinatorAction::DeleteDirectory(directory));
        }
        for &task in &pending.plan.wait {
            self.actions.push(CoordinatorAction::NotifyAborted { task, checkpoint: pending.id });
        }
        let request = pending.request;
        if request.number > 0 {
            self.actions.push(CoordinatorAction::Answer { request, result: Err(reason) });
        }
        // Tasks have been told to stop: nothing but a new start brings them back.
        let is_stopped = by_task && request.snapshot.is_synchronous();
        let counts = by_task || !request.snapshot.is_savepoint();
        if is_stopped || counts && self.failures.on_failure(Some(pending.id), reason) {
            self.actions.push(CoordinatorAction::FailJob { reason, is_stopped });
        }
    }

    fn directory_of(&self, pending: &PendingCheckpoint) -> Option<Rc<str>> {
        self.storage.directory_of(pending.snapshot_id())
    }

    /// All have answered: what they handed in is written down. Flink: `PendingCheckpoint#finalizeCheckpoint`.
    pub(super) fn complete(&mut self, id: u64, now: u64) {
        let at = self.pending.iter().position(|pending| pending.id == id);
        let at = at.expect("what completes is pending");
        let pending = Rc::clone(&self.pending[at]);
        let operators = match pending.as_ref().clone().finalize(&self.topology) {
            Ok(operators) => operators,
            Err(reason) => return self.abort(id, now, reason),
        };
        let request = pending.request;
        let directory = self.directory_of(&pending);
        let completed = Rc::new(CompletedCheckpoint {
            id,
            timestamp: pending.timestamp,
            completed_at: now,
            snapshot: request.snapshot,
            format: request.format,
            owner: if request.snapshot.is_savepoint() { SnapshotOwner::User } else { SnapshotOwner::Job },
            pointer: directory.clone().unwrap_or_default(),
            operators,
            master_states: pending.master_states.as_slice().into(),
        });
        let Some(directory) = directory else { return self.finish(id, completed, now) };
        let path = format!("{directory}/{METADATA}").into();
        let bytes = metadata::write(&completed);
        own_seldom(&mut self.pending[at]).finalizing = Some(completed);
        self.actions.push(CoordinatorAction::WriteMetadata(FileWrite { path, bytes }));
    }

    /// The `_metadata` in a file was written, or why it could not be.
    pub fn metadata_written(&mut self, path: &str, failure: Option<Rc<str>>, now: u64) {
        let mut finalizing = self.pending.iter().filter_map(|pending| pending.finalizing.as_ref());
        let written = finalizing.find(|completed| {
            let rest = path.strip_prefix(&*completed.pointer);
            rest.is_some_and(|rest| rest.strip_prefix('/') == Some(METADATA))
        });
        let Some(completed) = written.cloned() else { return };
        if failure.is_none() {
            self.finish(completed.id, completed, now);
        } else {
            self.statistics.report_cause(completed.id, failure);
            self.abort(completed.id, now, CheckpointFailureReason::FinalizeCheckpointFailure);
        }
    }

    /// It is complete.
    fn finish(&mut self, id: u64, completed: Rc<CompletedCheckpoint>, now: u64) {
        if self.standing == Standing::Deposed {
            return self.abort(id, now, CheckpointFailureReason::FinalizeCheckpointFailure);
        }
        let at = self.pending.iter().position(|pending| pending.id == id);
        let pending = self.pending.remove(at.expect("what completes is pending"));
        let request = pending.request;
        let is_savepoint = request.snapshot.is_savepoint();
        // A savepoint belongs to whoever asked for it, and no sink commits with it, unless the job ends with it.
        let is_of_job = !is_savepoint || request.snapshot.is_synchronous();
        if is_of_job {
            self.keep(Rc::clone(&completed));
        }
        self.needs_full_snapshot &= is_savepoint;
        self.failures.on_success(id);
        self.statistics.report_end(id, now, None);
        if request.number > 0 {
            self.actions.push(CoordinatorAction::Answer { request, result: Ok(completed) });
        }
        self.last_completion_at = Some(now);
        if is_of_job {
            self.drop_subsumed(id, now);
            self.actions.push(CoordinatorAction::CoordinatorsComplete { checkpoint: id });
            for &task in &pending.plan.wait {
                self.actions.push(CoordinatorAction::NotifyComplete { task, checkpoint: id });
            }
        }
    }

    fn drop_subsumed(&mut self, completed: u64, now: u64) {
        let is_subsumed =
            |pending: &&Rc<PendingCheckpoint>| pending.id < completed && pending.can_be_subsumed();
        while let Some(id) = self.pending.iter().find(is_subsumed).map(|pending| pending.id) {
            self.abort(id, now, CheckpointFailureReason::Subsumed);
        }
    }
}
