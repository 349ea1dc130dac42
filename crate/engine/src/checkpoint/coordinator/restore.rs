//! The way back: what tasks begin with after a failure, or when the job is started from a snapshot.
//!
//! Contract: a restart takes the newest checkpoint that is kept; what is under way is given up first. Flink:
//! `CheckpointCoordinator#restoreLatestCheckpointedStateToSubtasks`, `#restoreSavepoint`.

use std::rc::Rc;

use super::CheckpointCoordinator;
use super::completed::{CompletedCheckpoint, SnapshotOwner};
use super::topology::CheckpointTopology;
use crate::base::ids::{OperatorId, TaskId};
use crate::base::ordered::map_of;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::JobManagerTaskRestore;
use crate::checkpoint::restore::assignment::{assign, check, state_of};
use crate::checkpoint::restore::settings::{RecoveryClaimMode, RestoreSettings};
use crate::checkpoint::shared_state_registry::RegistrationError;
use crate::record::Value;

impl CheckpointCoordinator {
    /// The job goes on at another parallelism; nothing is under way.
    pub fn set_topology(&mut self, topology: Rc<CheckpointTopology>) {
        assert!(self.pending.is_empty(), "checkpoints of an execution graph end with it");
        self.topology = topology;
    }

    /// These tasks start again: what each begins with, for those that have something. Nothing where no checkpoint is
    /// complete.
    pub fn restore_for(&mut self, tasks: &[TaskId], now: u64) -> Vec<(TaskId, Rc<JobManagerTaskRestore>)> {
        self.abort_pending(now, CheckpointFailureReason::JobFailoverRegion);
        let Some(latest) = self.store.latest().cloned() else { return Vec::new() };
        self.statistics.report_restored(latest.id, latest.snapshot, now);
        self.states_for(tasks, &latest)
    }

    /// The job starts from a snapshot, called `path`, before anything runs. Else: why it cannot.
    pub fn restore_savepoint(
        &mut self,
        mut savepoint: CompletedCheckpoint,
        path: &str,
        settings: RestoreSettings,
    ) -> Result<(), String> {
        check(&self.topology, &savepoint.operators, path, settings.allow_non_restored_state)?;
        savepoint.owner = match settings.claim_mode {
            RecoveryClaimMode::Claim => SnapshotOwner::Job,
            RecoveryClaimMode::NoClaim => SnapshotOwner::User,
        };
        self.register_restored(&mut savepoint).map_err(|error| error.to_string())?;
        self.needs_full_snapshot = settings.claim_mode == RecoveryClaimMode::NoClaim;
        self.hooks_start_strictly = Some(!settings.allow_non_restored_state);
        self.next_id = savepoint.id + 1;
        self.keep(Rc::new(savepoint));
        Ok(())
    }

    /// Another JobManager goes on with the checkpoints that the one before has kept. Flink:
    /// `DefaultCompletedCheckpointStoreUtils#retrieveCompletedCheckpoints`.
    pub fn recover(
        &mut self,
        kept: &[Rc<CompletedCheckpoint>],
        next_id: u64,
    ) -> Result<(), RegistrationError> {
        for checkpoint in kept {
            let mut checkpoint = checkpoint.as_ref().clone();
            self.register_restored(&mut checkpoint)?;
            self.keep(Rc::new(checkpoint));
        }
        self.next_id = self.next_id.max(next_id);
        Ok(())
    }

    /// What the coordinator of a source had in the newest checkpoint, by the id of the source.
    pub fn restored_coordinator_state(&self, source: OperatorId) -> Option<(u64, &Value)> {
        let latest = self.store.latest()?;
        let vertex = self.topology.vertices.iter().find(|vertex| vertex.operators[0].id == source)?;
        let state = state_of(&latest.operators, &vertex.operators[0])?;
        Some((latest.id, state.coordinator.as_ref()?))
    }

    fn states_for(
        &self,
        tasks: &[TaskId],
        checkpoint: &CompletedCheckpoint,
    ) -> Vec<(TaskId, Rc<JobManagerTaskRestore>)> {
        let vertices = map_of(tasks.iter().map(|task| (self.topology.tasks[task.index()].vertex, ())));
        let mut restored = Vec::new();
        for vertex in vertices.into_keys() {
            let given = assign(&self.topology, vertex, &checkpoint.operators, checkpoint.id);
            let vertex = &self.topology.vertices[vertex.index()];
            // Where one has something, all know from which checkpoint they are restored: a sink counts on from there.
            let mut states = vertex.operators.iter().filter_map(|one| state_of(&checkpoint.operators, one));
            let has_state = states.any(|state| state.subtasks.values().any(|old| !old.is_empty()));
            if has_state || given.iter().any(has_something) {
                let given = vertex.tasks().zip(given).filter(|(task, _)| tasks.contains(task));
                restored.extend(given.map(|(task, restore)| (task, Rc::new(restore))));
            }
        }
        restored
    }
}

/// A task without state of its own may yet get records that were on their way to others. Flink:
/// `StateAssignmentOperation#applyStateAssignments`.
fn has_something(restore: &JobManagerTaskRestore) -> bool {
    restore.state.is_task_deployed_as_finished
        || restore.input_rescaling.iter().chain(&restore.output_rescaling).any(Option::is_some)
        || restore.state.operators().any(|(_, state)| !state.is_empty() || state.assigned > 0)
}
