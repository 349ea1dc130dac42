//! A chain's part in checkpoints: what its operators have, taken all at one point, and given back to them.
//!
//! Flink: `RegularOperatorChain#snapshotState`, `#initializeStateAndOpenOperators`.

use std::rc::Rc;

use super::{ChainError, OperatorChain};
use crate::base::ids::OperatorId;
use crate::checkpoint::handles::JobManagerTaskRestore;
use crate::operator::Operator;
use crate::operator::snapshot::{self, OperatorSnapshot, RestoredState, SnapshotRequest};
use crate::state::handle::StreamStateHandle;
use crate::state::{StateError, StateFault};
use crate::task::environment::TaskEnvironment;

impl OperatorChain {
    /// Gives the operators what they begin with, and opens each then, tail first.
    pub fn initialize_state_and_open(
        &mut self,
        restore: Option<&JobManagerTaskRestore>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        if self.is_finished_on_restore {
            return Ok(());
        }
        for place in (0..self.operators.len() as u32).rev() {
            let id = self.operators[place as usize].id();
            let restored = restore.map(|restore| {
                let state = restore.state.get(id);
                RestoredState {
                    checkpoint_id: restore.checkpoint_id,
                    keyed: state.map_or(&[], |state| &state.keyed),
                    operator: state.map_or(&[], |state| &state.operator),
                    assigned: state.map_or(0, |state| state.assigned),
                    read: &read_inline,
                }
            });
            self.step(place, env, |operator, context| snapshot::initialize(operator, context, restored))?;
            self.run(place, env, Operator::open)?;
        }
        Ok(())
    }

    /// A barrier is about to be sent on: the operators emit what they hold back, head to tail.
    pub fn prepare_snapshot_pre_barrier(
        &mut self,
        checkpoint: u64,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        (0..self.operators.len() as u32).try_for_each(|place| {
            self.run(place, env, |operator, context| {
                operator.prepare_snapshot_pre_barrier(checkpoint, context)
            })
        })
    }

    /// What each operator has at this point, head first, though the tail is asked first: to be written by whoever has
    /// time.
    pub fn snapshot_state(
        &mut self,
        request: SnapshotRequest,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Vec<(OperatorId, OperatorSnapshot)>, ChainError> {
        let mut snapshots = Vec::with_capacity(self.operators.len());
        for place in (0..self.operators.len() as u32).rev() {
            let taken = if self.is_finished_on_restore {
                OperatorSnapshot::default()
            } else {
                self.step(place, env, |operator, context| snapshot::snapshot(operator, context, request))?
            };
            snapshots.push((self.operators[place as usize].id(), taken));
        }
        snapshots.reverse();
        Ok(snapshots)
    }

    /// A checkpoint is complete: no operator needs to be able to repeat what came before it. Flink:
    /// `notifyCheckpointComplete`.
    pub fn notify_checkpoint_complete(
        &mut self,
        checkpoint_id: u64,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.each_backwards(env, |operator, context| {
            context.state.on_checkpoint_complete(checkpoint_id);
            operator.notify_checkpoint_complete(checkpoint_id, context)
        })
    }

    /// A checkpoint will never be complete. Flink: `notifyCheckpointAborted`.
    pub fn notify_checkpoint_aborted(
        &mut self,
        checkpoint_id: u64,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.each_backwards(env, |operator, context| {
            operator.notify_checkpoint_aborted(checkpoint_id, context)
        })
    }
}

/// The bytes of a handle that was downloaded before the task is restored.
fn read_inline(handle: &StreamStateHandle) -> Result<Rc<[u8]>, StateError> {
    match handle {
        StreamStateHandle::Bytes(bytes) => Ok(Rc::clone(bytes)),
        StreamStateHandle::File { path, .. } => Err(StateFault::Missing(Rc::clone(path)).into()),
    }
}
