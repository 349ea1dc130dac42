//! From what an operator had to handles, and back to bytes.
//!
//! Flink: the asynchronous part of a snapshot (`AsyncCheckpointRunnable`, `OperatorSnapshotFinalizer`); the download of
//! state before a task is restored.

use std::rc::Rc;

use super::{CheckpointStorage, FileWrite, SnapshotId, StateScope, StateTooLarge};
use crate::base::ids::OperatorId;
use crate::base::own::own_seldom;
use crate::checkpoint::handles::{
    KeyedStateHandle, OperatorStateHandle, OperatorSubtaskState, StreamStateHandle, TaskStateSnapshot,
};
use crate::operator::snapshot::OperatorSnapshot;
use crate::state::operator_state::OperatorStateBytes;
use crate::state::{StateError, StateFault};

/// Who writes, for which checkpoint: what file names are made of.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    pub of: SnapshotId,
    pub operator: OperatorId,
    pub subtask_idx: u32,
}

impl Writer {
    /// What a file is called that belongs to this snapshot alone.
    pub fn name_of(&self, what: &str) -> String {
        format!("{}-{}-{what}", self.operator, self.subtask_idx)
    }
}

/// Writes what an operator had: its handles, and the files that must be written before they are good.
pub fn store(
    snapshot: &OperatorSnapshot,
    storage: &CheckpointStorage,
    writer: Writer,
) -> Result<(OperatorSubtaskState, Vec<FileWrite>), StateTooLarge> {
    let written = snapshot.write();
    let mut state = OperatorSubtaskState { assigned: snapshot.assigned(), ..OperatorSubtaskState::default() };
    let mut files = Vec::new();
    let mut place = |what: &str, is_shared: bool, bytes: &Rc<[u8]>| {
        let (handle, file) = if is_shared {
            storage.place(writer.of, StateScope::Shared, what, bytes)?
        } else {
            storage.place(writer.of, StateScope::Exclusive, &writer.name_of(what), bytes)?
        };
        files.extend(file);
        Ok::<_, StateTooLarge>(handle)
    };
    if let Some(keyed) = written.keyed {
        state.keyed.push(keyed.handle(&mut place)?);
    }
    if let Some(OperatorStateBytes { states, bytes }) = written.operator {
        state.operator.push(OperatorStateHandle { states, data: place("operator", false, &bytes)? });
    }
    Ok((state, files))
}

/// All pieces of bytes that a snapshot names, with whether other checkpoints may use them too.
pub fn pieces(state: &OperatorSubtaskState) -> impl Iterator<Item = (&StreamStateHandle, StateScope)> {
    let keyed = state.keyed.iter().flat_map(|handle| {
        let shared = match handle {
            KeyedStateHandle::Incremental(handle) => handle.shared.len(),
            KeyedStateHandle::KeyGroups(_) => 0,
        };
        let scope = move |place| if place < shared { StateScope::Shared } else { StateScope::Exclusive };
        handle.parts().enumerate().map(move |(place, part)| (part, scope(place)))
    });
    let channels = state.input_channels.iter().chain(&state.result_subpartitions).map(|handle| &handle.data);
    let others = state.operator.iter().map(|handle| &handle.data).chain(channels);
    keyed.chain(others.map(|part| (part, StateScope::Exclusive)))
}

/// The files that a task must read before it can be restored, each once.
pub fn files_of(snapshot: &TaskStateSnapshot) -> Vec<Rc<str>> {
    let mut paths: Vec<Rc<str>> = Vec::new();
    for (_, state) in snapshot.operators() {
        for (piece, _) in pieces(state) {
            if let StreamStateHandle::File { path, .. } = piece
                && !paths.contains(path)
            {
                paths.push(Rc::clone(path));
            }
        }
    }
    paths
}

/// The same snapshot with the bytes of its files in the handles; `read` gives a file's.
pub fn with_bytes(
    snapshot: &TaskStateSnapshot,
    read: &dyn Fn(&str) -> Option<Rc<[u8]>>,
) -> Result<TaskStateSnapshot, StateError> {
    let fetch = |handle: &mut StreamStateHandle| {
        if let StreamStateHandle::File { path, .. } = handle {
            let bytes = read(path).ok_or_else(|| StateFault::Missing(Rc::clone(path)))?;
            *handle = StreamStateHandle::Bytes(bytes);
        }
        Ok::<_, StateError>(())
    };
    let mut result = snapshot.clone();
    for state in result.states_mut() {
        for handle in &mut state.keyed {
            match handle {
                KeyedStateHandle::KeyGroups(handle) => fetch(&mut handle.data)?,
                KeyedStateHandle::Incremental(handle) => {
                    let handle = own_seldom(handle);
                    fetch(&mut handle.meta)?;
                    for files in [&mut handle.shared, &mut handle.private] {
                        for file in Rc::make_mut(files) {
                            fetch(&mut file.data)?;
                        }
                    }
                }
            }
        }
        for handle in &mut state.operator {
            fetch(&mut handle.data)?;
        }
        for handle in state.input_channels.iter_mut().chain(&mut state.result_subpartitions) {
            fetch(&mut handle.data)?;
        }
    }
    Ok(result)
}
