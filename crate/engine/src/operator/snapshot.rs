//! What an operator has, taken at one point of its input, written, and given to another one.
//!
//! Contract: to take it costs reference counts only, so that the operator goes on at once; writing is for whoever has
//! time. What comes back is given before `open`. Flink: `OperatorSnapshotFutures`, `StreamOperatorStateHandler`,
//! `StateInitializationContext`.

use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use crate::state::StateError;
use crate::state::handle::{KeyGroupsStateHandle, KeyedStateHandle, OperatorStateHandle, StreamStateHandle};
use crate::state::keyed::KeyedState;
use crate::state::keyed::snapshot::{KeyedStateBytes, SnapshotLayout};
use crate::state::operator_state::{OperatorStateBackend, OperatorStateBytes};
use crate::time::timers::InternalTimerService;

/// What kind of a snapshot is wanted. Flink: the arguments of `snapshotState`, `SnapshotType`, `CheckpointOptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotRequest {
    pub checkpoint_id: u64,
    /// When it was triggered, in ms since 1970.
    pub timestamp: i64,
    pub layout: SnapshotLayout,
    /// Whether files of earlier checkpoints that are complete need not be written again. Flink:
    /// `SharingFilesStrategy`.
    pub shares_files: bool,
}

/// What an operator had: it shares everything with the one that runs on. The default is of one that has nothing.
#[derive(Clone, Debug, Default)]
pub struct OperatorSnapshot {
    layout: SnapshotLayout,
    keyed: KeyedState,
    timers: InternalTimerService,
    operator: OperatorStateBackend,
}

/// The same as bytes, where there are some.
#[derive(Clone, Debug)]
pub struct WrittenSnapshot {
    pub keyed: Option<KeyedStateBytes>,
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
    }
    Ok(OperatorSnapshot {
        layout: request.layout,
        keyed: context.state.clone(),
        timers: context.timers.clone(),
        operator: context.operator_state.clone(),
    })
}

impl WrittenSnapshot {
    /// Handles that hold the bytes themselves.
    pub fn inline(self) -> (Option<KeyedStateHandle>, Option<OperatorStateHandle>) {
        let keyed = self.keyed.map(|KeyedStateBytes { range, offsets, bytes }| {
            let data = StreamStateHandle::Bytes(bytes);
            KeyedStateHandle::KeyGroups(KeyGroupsStateHandle { range, offsets, data })
        });
        let operator = self.operator.map(|OperatorStateBytes { states, bytes }| OperatorStateHandle {
            states,
            data: StreamStateHandle::Bytes(bytes),
        });
        (keyed, operator)
    }
}

impl OperatorSnapshot {
    /// As bytes.
    pub fn write(&self) -> WrittenSnapshot {
        let keyed = self.keyed.key_groups().and_then(|(range, max_parallelism)| {
            self.keyed.write(self.layout, &self.timers.queues(range, max_parallelism))
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
        restore(context, restored)?;
    }
    operator.map_or(Ok(()), |operator| operator.initialize_state(context))
}

fn restore(context: &mut OperatorContext, restored: RestoredState<'_>) -> Result<(), StateError> {
    context.restored_checkpoint_id = Some(restored.checkpoint_id);
    for handle in restored.keyed {
        let KeyedStateHandle::KeyGroups(handle) = handle else { continue };
        let bytes = (restored.read)(&handle.data)?;
        let timers = &mut context.timers;
        context.state.read(handle.range, &handle.offsets, &bytes, &mut |queue, element| {
            timers.restore(queue, element)
        })?;
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
