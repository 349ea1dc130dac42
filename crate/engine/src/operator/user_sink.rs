//! A sink that the job wrote: its writer, and what its committer is asked.
//!
//! Contract: what a writer remembers are its fields, which go to each call and come back from it, so that a run can be
//! stepped back. Before a barrier it is flushed, and hands what it has prepared to the committer. A committer is asked
//! again for what it wants to try again, so many times at once; more fails the task. Flink: `SinkWriterOperator` with
//! `SinkWriter`, `CommittingSinkWriter`, `StatefulSinkWriter`; `CheckpointCommittableManagerImpl#commit`, `Committer`.

use std::rc::Rc;

use super::Operator;
use super::context::{Effect, OperatorContext};
use super::function::{FunctionSlot, Method, UserError};
use crate::base::ids::FunctionId;
use crate::record::Value;
use crate::state::handle::OperatorStateMode;

/// Flink: `sink.committer.retries`.
const RETRIES_MAX: i64 = 10;

/// The name of the state, as in Flink's snapshots.
const WRITER_STATE: &str = "writer_raw_states";

/// See the module.
#[derive(Clone)]
pub(super) struct UserWriter {
    sink: FunctionSlot,
    fields: Value,
    has_committer: bool,
    has_ended: bool,
    /// The newest checkpoint that was prepared.
    checkpoint: u64,
}

impl UserWriter {
    pub const fn new(sink: FunctionId, has_committer: bool) -> Self {
        let sink = FunctionSlot::new(sink);
        Self { sink, fields: Value::Null, has_committer, has_ended: false, checkpoint: 0 }
    }

    /// Calls the writer, which answers its fields.
    fn call(&mut self, method: Method, with: Value, context: &mut OperatorContext) -> Result<(), UserError> {
        self.fields = self.sink.call(method, &[std::mem::take(&mut self.fields), with], context)?;
        Ok(())
    }

    /// The same of a method that answers a list beside.
    fn list(
        &mut self,
        method: Method,
        with: u64,
        context: &mut OperatorContext,
    ) -> Result<Rc<[Value]>, UserError> {
        self.call(method, Value::Long(with as i64), context)?;
        let Value::Tuple(parts) = std::mem::take(&mut self.fields) else { return Ok(Rc::new([])) };
        let [fields, list] = &*parts else { return Ok(Rc::new([])) };
        self.fields = fields.clone();
        Ok(if let Value::Tuple(list) = list { Rc::clone(list) } else { Rc::new([]) })
    }

    fn prepare(&mut self, checkpoint: u64, context: &mut OperatorContext) -> Result<(), UserError> {
        self.call(Method::Flush, Value::Bool(self.has_ended), context)?;
        self.checkpoint = checkpoint;
        if self.has_committer {
            for committable in self.list(Method::PrepareCommit, checkpoint, context)?.iter() {
                context.collect(Value::tuple([Value::Long(checkpoint as i64), committable.clone()]));
            }
        }
        Ok(())
    }
}

impl Operator for UserWriter {
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.checkpoint = context.restored_checkpoint_id.unwrap_or(0);
        let states = context.operator_state.restored(WRITER_STATE);
        self.sink.make(context)?;
        self.call(Method::Open, Value::Tuple(states.iter().cloned().collect()), context)
    }

    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        let checkpoint = context.checkpoint.map_or(0, |(id, _)| id);
        let states = self.list(Method::SnapshotState, checkpoint, context)?.to_vec();
        Ok(context.operator_state.set(WRITER_STATE, OperatorStateMode::SplitDistribute, states)?)
    }

    fn open(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.call(Method::Write, value, context)
    }

    fn prepare_snapshot_pre_barrier(
        &mut self,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        if self.has_ended { Ok(()) } else { self.prepare(checkpoint, context) }
    }

    /// What was written after the last barrier belongs to the next checkpoint.
    fn end_input(&mut self, _input: u8, context: &mut OperatorContext) -> Result<(), UserError> {
        self.has_ended = true;
        self.prepare(self.checkpoint + 1, context)
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.sink.close(context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

/// Asks a committer of the job to commit what belongs to a checkpoint.
pub(super) fn commit(
    committer: &FunctionSlot,
    checkpoint: u64,
    committables: &[Value],
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    let bare = |committable: &Value| match committable {
        Value::Tuple(parts) => parts.get(1).cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    let mut open = Value::Tuple(committables.iter().map(bare).collect());
    let before = context.effects.len();
    for retry in 0..=RETRIES_MAX {
        open = committer.call(Method::Commit, &[open, Value::Long(retry)], context)?;
        for effect in &mut context.effects[before..] {
            if let Effect::Commit { checkpoint: of, .. } = effect {
                *of = checkpoint;
            }
        }
        if matches!(&open, Value::Null) || matches!(&open, Value::Tuple(left) if left.is_empty()) {
            return Ok(());
        }
    }
    let count = if let Value::Tuple(left) = &open { left.len() } else { 1 };
    Err(committer.error(format!("Failed to commit {count} committables after {RETRIES_MAX} retries: {open}")))
}

#[cfg(test)]
mod tests;
