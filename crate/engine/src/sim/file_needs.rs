//! Which file of the checkpoints' file system is there for whom.
//!
//! Contract: read-only; a file that nobody needs is one that a process left that is gone. Flink has no such list: its
//! documentation tells how to find what a crash left behind.

use std::rc::Rc;

use super::world::World;
use crate::base::ordered::SortedMap;
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::checkpoint::handles::{OperatorSubtaskState, StreamStateHandle};
use crate::checkpoint::storage::METADATA;
use crate::checkpoint::storage::file_system::{FileEntry, FileOwner};
use crate::checkpoint::storage::store::pieces;
use crate::cluster::rpc::Call;

/// Why a file is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileNeed {
    /// Nobody needs it.
    None,
    /// The registry keeps it until a later checkpoint is complete.
    Registry,
    /// A checkpoint that is under way wrote it.
    UnderWay,
    /// A checkpoint that is kept, or that the job started from.
    Kept,
    /// A savepoint, which is its user's.
    Savepoint,
}

/// A file, and who needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    pub path: Rc<str>,
    pub file: FileEntry,
    pub need: FileNeed,
    /// The checkpoints and savepoints that need it, oldest first.
    pub users: Vec<u64>,
}

type Needs = SortedMap<Rc<str>, (FileNeed, Vec<u64>)>;

/// All files, by path.
pub fn files(world: &World) -> Vec<FileView> {
    let needs = needs(world);
    let view = |(path, file): (&Rc<str>, &FileEntry)| {
        let (need, users) = needs.get(path).cloned().unwrap_or((FileNeed::None, Vec::new()));
        // What was put there from outside is whoever's who put it.
        let is_outside = matches!(file.written_by, FileOwner::Outside | FileOwner::Client);
        let need = if is_outside { need.max(FileNeed::Kept) } else { need };
        FileView { path: Rc::clone(path), file: file.clone(), need, users }
    };
    world.file_system().files().map(view).collect()
}

fn needs(world: &World) -> Needs {
    let mut needs = Needs::new();
    let Some(checkpoints) = world.job_master().checkpoints() else { return needs };
    let coordinator = checkpoints.coordinator();
    for checkpoint in coordinator.store().checkpoints() {
        let need = if checkpoint.snapshot.is_savepoint() { FileNeed::Savepoint } else { FileNeed::Kept };
        note_checkpoint(&mut needs, need, checkpoint);
    }
    for savepoint in checkpoints.answers().iter().filter_map(|answer| answer.result.as_ref().ok()) {
        if savepoint.snapshot.is_savepoint() {
            note_checkpoint(&mut needs, FileNeed::Savepoint, savepoint);
        }
    }
    for (handle, user) in coordinator.registry().used() {
        note(&mut needs, FileNeed::Registry, user, handle);
    }
    for pending in coordinator.pending() {
        if let Some(directory) = coordinator.storage().directory_of(pending.snapshot_id()) {
            note_directory(&mut needs, world, &directory, pending.id);
        }
    }
    for task in world.executors().iter().flat_map(|executor| executor.tasks()) {
        for part in task.checkpointing().running() {
            part.paths().for_each(|path| note_path(&mut needs, FileNeed::UnderWay, part.checkpoint(), path));
        }
    }
    for envelope in world.rpc().on_the_way() {
        if let Call::AcknowledgeCheckpoint { checkpoint, state, .. } = &envelope.call {
            note_states(
                &mut needs,
                FileNeed::UnderWay,
                *checkpoint,
                state.operators().map(|(_, state)| state),
            );
        }
    }
    needs
}

/// The files of a checkpoint, each as often as it names it.
pub fn files_of(checkpoint: &CompletedCheckpoint) -> impl Iterator<Item = &StreamStateHandle> {
    let states = checkpoint.operators.values().flat_map(|operator| operator.subtasks.values());
    states.flat_map(pieces).map(|(piece, _)| piece)
}

fn note_checkpoint(needs: &mut Needs, need: FileNeed, checkpoint: &CompletedCheckpoint) {
    files_of(checkpoint).for_each(|handle| note(needs, need, checkpoint.id, handle));
    note_path(needs, need, checkpoint.id, &format!("{}/{METADATA}", checkpoint.pointer).into());
}

fn note_states<'a>(
    needs: &mut Needs,
    need: FileNeed,
    user: u64,
    states: impl Iterator<Item = &'a OperatorSubtaskState>,
) {
    states.flat_map(pieces).for_each(|(handle, _)| note(needs, need, user, handle));
}

fn note_directory(needs: &mut Needs, world: &World, directory: &str, user: u64) {
    let is_inside = |path: &str| path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
    for (path, _) in world.file_system().files().filter(|(path, _)| is_inside(path)) {
        note_path(needs, FileNeed::UnderWay, user, path);
    }
}

fn note(needs: &mut Needs, need: FileNeed, user: u64, handle: &StreamStateHandle) {
    if let StreamStateHandle::File { path, .. } = handle {
        note_path(needs, need, user, path);
    }
}

/// Whoever needs it more says why; all that need it so much are its users.
fn note_path(needs: &mut Needs, need: FileNeed, user: u64, path: &Rc<str>) {
    let known = needs.entry(Rc::clone(path)).or_insert_with(|| (need, Vec::new()));
    if need > known.0 {
        *known = (need, Vec::new());
    }
    if need == known.0 && !known.1.contains(&user) {
        known.1.push(user);
    }
}
