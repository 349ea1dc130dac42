//! Commits the transactions of an exactly-once sink.
//!
//! Contract: a transaction is committed when a checkpoint that holds it is complete, and again after a restart from
//! such a one, for nobody knows whether it was: the external system takes a second commit for none. Without
//! checkpoints, all are committed at the end. Flink: `CommitterOperator`, `CommittableCollector`.

use std::rc::Rc;

use super::context::{Effect, OperatorContext};
use super::function::{FunctionSlot, UserError};
use super::{Operator, user_sink};
use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;
use crate::graph::operator_spec::CommitBy;
use crate::record::Value;
use crate::state::handle::OperatorStateMode;

/// The name of the state, as in Flink's snapshots.
pub const COMMITTER_STATE: &str = "streaming_committer_raw_states";

/// See the module.
#[derive(Clone)]
pub(super) struct Committer {
    by: CommitBy,
    /// The committer of the job, where that commits.
    function: Option<FunctionSlot>,
    is_checkpointing: bool,
    /// What is to be committed, by the checkpoint that it belongs to.
    pending: Rc<SortedMap<u64, Vec<Value>>>,
    last_complete: u64,
}

impl Committer {
    pub fn new(by: &CommitBy, is_checkpointing: bool) -> Self {
        let function = if let CommitBy::Function(id) = by { Some(FunctionSlot::new(*id)) } else { None };
        Self { by: by.clone(), function, is_checkpointing, pending: Rc::default(), last_complete: 0 }
    }

    fn add(&mut self, committable: Value) -> Result<(), UserError> {
        let Some(checkpoint) = checkpoint_of(&committable) else {
            return Err(UserError::new(format!("{committable} is no committable.")));
        };
        own_seldom(&mut self.pending).entry(checkpoint).or_default().push(committable);
        Ok(())
    }

    /// Commits all that belongs to this checkpoint or an earlier one, in order.
    fn commit_up_to(&mut self, checkpoint: u64, context: &mut OperatorContext) -> Result<(), UserError> {
        if self.pending.first_key_value().is_none_or(|(first, _)| *first > checkpoint) {
            return Ok(());
        }
        let pending = own_seldom(&mut self.pending);
        let later = pending.split_off(&checkpoint.saturating_add(1));
        for (checkpoint, committables) in std::mem::replace(pending, later) {
            match (&self.by, &self.function) {
                (_, Some(function)) => user_sink::commit(function, checkpoint, &committables, context)?,
                (CommitBy::Table(table), _) => context.effects.extend(
                    committables.iter().filter_map(|committable| commit(table, checkpoint, committable)),
                ),
                (CommitBy::Function(_), None) => {}
            }
        }
        Ok(())
    }
}

fn checkpoint_of(committable: &Value) -> Option<u64> {
    match committable {
        Value::Tuple(parts) => match **parts {
            [Value::Long(checkpoint), ..] => Some(checkpoint as u64),
            _ => None,
        },
        _ => None,
    }
}

fn commit(table: &Rc<str>, checkpoint: u64, committable: &Value) -> Option<Effect> {
    let Value::Tuple(parts) = committable else { return None };
    let [_, Value::String(transaction), Value::Tuple(rows)] = &**parts else { return None };
    let rows = rows.iter().cloned().collect();
    Some(Effect::Commit { table: Rc::clone(table), transaction: Rc::clone(transaction), checkpoint, rows })
}

impl Operator for Committer {
    /// What was restored was complete: it is committed at once.
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        if let Some(function) = &mut self.function {
            function.open(context)?;
        }
        for committable in context.operator_state.restored(COMMITTER_STATE).iter() {
            self.add(committable.clone())?;
        }
        if let Some(restored) = context.restored_checkpoint_id {
            self.last_complete = restored;
            self.commit_up_to(restored, context)?;
        }
        Ok(())
    }

    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        let all = self.pending.values().flatten().cloned().collect();
        Ok(context.operator_state.set(COMMITTER_STATE, OperatorStateMode::SplitDistribute, all)?)
    }

    fn open(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        _context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.add(value)
    }

    fn notify_checkpoint_complete(
        &mut self,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.last_complete = self.last_complete.max(checkpoint);
        self.commit_up_to(self.last_complete, context)
    }

    fn end_input(&mut self, _input: u8, context: &mut OperatorContext) -> Result<(), UserError> {
        if !self.is_checkpointing {
            self.commit_up_to(u64::MAX, context)?;
        }
        Ok(())
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.as_ref().map_or(Ok(()), |function| function.close(context))
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}
