//! What an operator has, taken at one point of its input, written, and given to another one.
//!
//! Contract: to take it costs reference counts only, so that the operator goes on at once; writing is for whoever has
//! time. What comes back is given before `open`. Flink: `OperatorSnapshotFutures`, `StreamOperatorStateHandler`,
//! `StateInitializationContext`.

use std::convert::Infallible;
use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use crate::state::StateError;
use crate::state::bytes::CorruptState;
use crate::state::handle::{
    BackendFile, IncrementalKeyedStateHandle, KeyGroupsStateHandle, KeyedStateHandle, OperatorStateHandle,
    StreamStateHandle,
};
use crate::state::keyed::snapshot::{KeyedStateBytes, OnQueueElement, SnapshotLayout};
use crate::state::keyed::{IncrementalBytes, KeyedState, SharingFiles, SnapshotBase};
use crate::state::namespace::Namespace;
use crate::state::operator_state::{OperatorStateBackend, OperatorStateBytes};
use crate::time::timers::InternalTimerService;

/// What kind of a snapshot is wanted. Flink: the arguments of `snapshotState`, `SnapshotType`, `CheckpointOptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotRequest {
    pub checkpoint_id: u64,
    /// When it was triggered, in ms since 1970.
    pub timestamp: i64,
    pub layout: SnapshotLayout,
    pub sharing: SharingFiles,
}

/// What an operator had: it shares everything with the one that runs on. The default is of one that has nothing.
#[derive(Clone, Debug, Default)]
pub struct OperatorSnapshot {
    layout: SnapshotLayout,
    base: SnapshotBase,
    keyed: KeyedState,
    timers: InternalTimerService,
    operator: OperatorStateBackend,
    assigned: u64,
}

/// Keyed state as bytes.
#[derive(Clone, Debug)]
pub enum WrittenKeyed {
    KeyGroups(KeyedStateBytes),
    Files(IncrementalBytes),
}

impl WrittenKeyed {
    /// A handle for it; `place` says where bytes go: it is told their name, and whether others may share them.
    pub fn handle<E>(
        self,
        mut place: impl FnMut(&str, bool, &Rc<[u8]>) -> Result<StreamStateHandle, E>,
    ) -> Result<KeyedStateHandle, E> {
        Ok(match self {
            Self::KeyGroups(KeyedStateBytes { range, offsets, bytes }) => {
                let data = place("keyed", false, &bytes)?;
                KeyedStateHandle::KeyGroups(KeyGroupsStateHandle { range, offsets, data })
            }
            Self::Files(written) => {
                let mut files = Vec::with_capacity(written.files.len());
                for (name, bytes, size) in &written.files {
                    let data = match bytes {
                        Some(bytes) => {
                            place(&format!("{}-{name}", written.backend_id), written.is_shared, bytes)?
                        }
                        // Where it is, the JobMaster knows.
                        None => StreamStateHandle::File { path: "".into(), size: *size },
                    };
                    let is_placeholder = bytes.is_none();
                    files.push(BackendFile { name: Rc::clone(name), data, is_placeholder });
                }
                let none: Rc<[BackendFile]> = Rc::new([]);
                let (shared, private) =
                    if written.is_shared { (files.into(), none) } else { (none, files.into()) };
                KeyedStateHandle::Incremental(Rc::new(IncrementalKeyedStateHandle {
                    range: written.range,
                    backend_id: written.backend_id,
                    checkpoint_id: written.checkpoint_id,
                    shared,
                    private,
                    meta: place("manifest", false, &written.meta)?,
                }))
            }
        })
    }
}

/// The same as bytes, where there are some.
#[derive(Clone, Debug)]
pub struct WrittenSnapshot {
    pub keyed: Option<WrittenKeyed>,
    pub operator: Option<OperatorStateBytes>,
}

/// Finds the bytes that a handle stands for.
pub type ReadHandle<'a> = &'a dyn Fn(&StreamStateHandle) -> Result<Rc<[u8]>, StateError>;

/// What an operator is restored from.
#[derive(Clone, Copy)]
pub struct RestoredState<'a> {
    pub checkpoint_id: u64,
    pub keyed: &'a [KeyedStateHandle],
    pub operator: &'a [OperatorStateHandle],
    /// Records that it had given a time.
    pub assigned: u64,
    pub read: ReadHandle<'a>,
}

/// Takes what an operator has; it is asked first to say what it keeps elsewhere. A source has no operator.
pub fn snapshot(
    operator: Option<&mut (dyn Operator + 'static)>,
    context: &mut OperatorContext,
    request: SnapshotRequest,
) -> Result<OperatorSnapshot, UserError> {
    context.checkpoint = Some((request.checkpoint_id, request.timestamp));
    if let Some(operator) = operator {
        operator.snapshot_state(context)?;
        context.save_broadcast()?;
    }
    Ok(OperatorSnapshot {
        base: context.state.begin_snapshot(request.checkpoint_id, request.sharing),
        layout: request.layout,
        keyed: context.state.clone(),
        timers: context.timers.clone(),
        operator: context.operator_state.clone(),
        assigned: context.assignments.count(),
    })
}

impl WrittenSnapshot {
    /// Handles that hold the bytes themselves.
    pub fn inline(self) -> (Option<KeyedStateHandle>, Option<OperatorStateHandle>) {
        let inline = |_: &str, _, bytes: &Rc<[u8]>| Ok(StreamStateHandle::Bytes(Rc::clone(bytes)));
        let keyed =
            self.keyed.map(|keyed| keyed.handle(inline).unwrap_or_else(|never: Infallible| match never {}));
        let operator = self.operator.map(|OperatorStateBytes { states, bytes }| OperatorStateHandle {
            states,
            data: StreamStateHandle::Bytes(bytes),
        });
        (keyed, operator)
    }
}

impl OperatorSnapshot {
    /// Records that the operator had given a time.
    pub const fn assigned(&self) -> u64 {
        self.assigned
    }

    /// As bytes.
    pub fn write(&self) -> WrittenSnapshot {
        let keyed = self.keyed.key_groups().and_then(|(range, max_parallelism)| {
            let queues = self.timers.queues(range, max_parallelism);
            if self.layout == SnapshotLayout::Native && self.keyed.is_written_as_files() {
                return self.keyed.write_files(&self.base, &queues).map(WrittenKeyed::Files);
            }
            self.keyed.write(self.layout, &queues).map(WrittenKeyed::KeyGroups)
        });
        WrittenSnapshot { keyed, operator: self.operator.write() }
    }
}

/// Gives an operator what it shall begin with; `None`: nothing. Flink: `initializeState`.
pub fn initialize(
    operator: Option<&mut (dyn Operator + 'static)>,
    context: &mut OperatorContext,
    restored: Option<RestoredState<'_>>,
) -> Result<(), UserError> {
    if let Some(restored) = restored {
        let timers_of = operator.as_ref().map(|operator| operator.timer_namespace());
        restore(context, restored, timers_of)?;
    }
    operator.map_or(Ok(()), |operator| operator.initialize_state(context))
}

fn restore(
    context: &mut OperatorContext,
    restored: RestoredState<'_>,
    timers_of: Option<Namespace>,
) -> Result<(), StateError> {
    context.restored_checkpoint_id = Some(restored.checkpoint_id);
    context.assignments.restore(restored.assigned);
    context.state.set_now(context.now);
    for handle in restored.keyed {
        let OperatorContext { state, timers, .. } = &mut *context;
        let on_queue: OnQueueElement<'_> = &mut |queue, element| timers.restore(queue, element, timers_of);
        match handle {
            KeyedStateHandle::KeyGroups(handle) => {
                let bytes = (restored.read)(&handle.data)?;
                state.read(handle.range, &handle.offsets, &bytes, on_queue)?;
            }
            KeyedStateHandle::Incremental(handle) => {
                let file = |name: &str| {
                    let mut files = handle.shared.iter().chain(handle.private.iter());
                    let found = files.find(|file| &*file.name == name);
                    let found = found.ok_or(CorruptState::Content("it names a file that is not there"))?;
                    (restored.read)(&found.data).map_err(|_| CorruptState::Content("a file of it is missing"))
                };
                let written = (handle.range, &handle.backend_id, handle.checkpoint_id);
                state.read_files(written, &(restored.read)(&handle.meta)?, &file, on_queue)?;
            }
        }
    }
    context.timers.schedule_next(&mut context.clock, context.now);
    for handle in restored.operator {
        let bytes = (restored.read)(&handle.data)?;
        context.operator_state.read(&handle.states, &bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
