//! What is deleted with a checkpoint, and what others still need of it.
//!
//! Contract: a file goes when no checkpoint that is kept or under way needs it, and belongs to the job. Flink:
//! `CheckpointsCleaner`, `CompletedCheckpoint#discardObject`, `SharedStateRegistry`.

use std::rc::Rc;

use super::completed::{CompletedCheckpoint, SnapshotOwner};
use super::{CheckpointCoordinator, CoordinatorAction, Standing};
use crate::base::ordered::set_of;
use crate::base::own::own_seldom;
use crate::checkpoint::handles::{
    KeyedStateHandle, OperatorSubtaskState, StreamStateHandle, TaskStateSnapshot,
};
use crate::checkpoint::shared_state_registry::{RegistrationError, SharedStateRegistry};
use crate::checkpoint::storage::StateScope;
use crate::checkpoint::storage::store::pieces;

impl CheckpointCoordinator {
    /// Tells the registry of the files that a task's snapshot shares with others: the same snapshot with the places of
    /// those files.
    pub(super) fn register(
        &mut self,
        checkpoint: u64,
        snapshot: &Rc<TaskStateSnapshot>,
    ) -> Result<Rc<TaskStateSnapshot>, RegistrationError> {
        let mut registered = Rc::clone(snapshot);
        let mut duplicates = Vec::new();
        for state in own_seldom(&mut registered).states_mut() {
            register_state(&mut self.registry, checkpoint, state, &mut duplicates)?;
        }
        self.delete(duplicates.iter().filter_map(path_of).collect());
        Ok(registered)
    }

    /// The same for a checkpoint that the job starts from.
    pub(super) fn register_restored(
        &mut self,
        restored: &mut CompletedCheckpoint,
    ) -> Result<(), RegistrationError> {
        self.registry.restored(restored.id, restored.owner != SnapshotOwner::User);
        for state in restored.operators.values_mut().flat_map(|operator| operator.subtasks.values_mut()) {
            bring_all(state);
            register_state(&mut self.registry, restored.id, state, &mut Vec::new())?;
        }
        Ok(())
    }

    /// Keeps a checkpoint, and lets go what there is no place for.
    pub(super) fn keep(&mut self, completed: Rc<CompletedCheckpoint>) {
        let dropped = self.store.add(completed);
        self.drop_checkpoints(&dropped);
    }

    /// These checkpoints are not kept any more.
    pub(super) fn drop_checkpoints(&mut self, dropped: &[Rc<CompletedCheckpoint>]) {
        if self.standing == Standing::Deposed {
            return;
        }
        for checkpoint in dropped {
            self.statistics.report_discarded(checkpoint.id);
            if checkpoint.owner != SnapshotOwner::User {
                let states = checkpoint.operators.values().flat_map(|operator| operator.subtasks.values());
                self.delete(own_files(states));
                if !checkpoint.pointer.is_empty() {
                    self.actions.push(CoordinatorAction::DeleteDirectory(Rc::clone(&checkpoint.pointer)));
                }
            }
        }
        if !dropped.is_empty() {
            let unused = self.registry.unregister_unused(self.store.lowest_id().unwrap_or(u64::MAX));
            self.delete(unused.iter().filter_map(path_of).collect());
        }
    }

    /// The job is over: of the files that checkpoints share only those stay that one which is kept needs.
    pub(super) fn drop_what_none_needs(&mut self) {
        if self.standing == Standing::Deposed {
            return;
        }
        let kept = self.store.checkpoints().iter().flat_map(|checkpoint| checkpoint.operators.values());
        let states = kept.flat_map(|operator| operator.subtasks.values());
        let needed = set_of(states.flat_map(pieces).filter_map(|(piece, _)| path_of(piece)));
        let unused = self.registry.unregister_unused(u64::MAX);
        self.delete(unused.iter().filter_map(path_of).filter(|path| !needed.contains(path)).collect());
    }

    /// A task handed in something that no checkpoint will ever need: what it wrote for it goes. Flink registers what
    /// others might share and waits for a later checkpoint; here nobody builds upon what was never complete.
    pub fn delete_snapshot(&mut self, snapshot: &TaskStateSnapshot) {
        let states = || snapshot.operators().map(|(_, state)| state);
        self.delete(own_files(states()));
        let incremental = states().flat_map(|state| &state.keyed).filter_map(|handle| match handle {
            KeyedStateHandle::Incremental(handle) => Some(handle),
            KeyedStateHandle::KeyGroups(_) => None,
        });
        let shared = incremental.flat_map(|handle| handle.shared.iter());
        self.delete(
            shared.filter(|file| !file.is_placeholder).filter_map(|file| path_of(&file.data)).collect(),
        );
    }

    fn delete(&mut self, files: Vec<Rc<str>>) {
        if !files.is_empty() {
            self.actions.push(CoordinatorAction::DeleteFiles(files));
        }
    }
}

/// Whoever wrote them: the snapshot that a job starts from brings all its files.
fn bring_all(state: &mut OperatorSubtaskState) {
    for handle in &mut state.keyed {
        if let KeyedStateHandle::Incremental(incremental) = handle {
            for file in Rc::make_mut(&mut own_seldom(incremental).shared) {
                file.is_placeholder = false;
            }
        }
    }
}

fn register_state(
    registry: &mut SharedStateRegistry,
    checkpoint: u64,
    state: &mut OperatorSubtaskState,
    duplicates: &mut Vec<StreamStateHandle>,
) -> Result<(), RegistrationError> {
    for handle in &mut state.keyed {
        if let KeyedStateHandle::Incremental(incremental) = handle {
            *incremental = Rc::new(registry.register(incremental, checkpoint, duplicates)?);
        }
    }
    Ok(())
}

/// The files that belong to nobody else.
fn own_files<'a>(states: impl Iterator<Item = &'a OperatorSubtaskState>) -> Vec<Rc<str>> {
    let mut files: Vec<Rc<str>> = Vec::new();
    for (piece, scope) in states.flat_map(pieces) {
        if let (Some(path), StateScope::Exclusive) = (path_of(piece), scope)
            && !files.contains(&path)
        {
            files.push(path);
        }
    }
    files
}

fn path_of(handle: &StreamStateHandle) -> Option<Rc<str>> {
    match handle {
        StreamStateHandle::File { path, .. } => Some(Rc::clone(path)),
        StreamStateHandle::Bytes(_) => None,
    }
}
