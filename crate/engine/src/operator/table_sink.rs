//! The writer of a sink into a table of an external system: in transactions, or in batches.
//!
//! Contract: what a writer has written is seen in the table's view of all rows (`name (all)`) at once. Exactly once: the
//! rows of a transaction are those between two barriers; the transaction is handed to the committer before the barrier,
//! and seen in the table itself when it is committed. Its name holds the attempt, so that one that was never committed
//! stays so, and the sink, for several may write into one table. At least once: rows are seen when their batch leaves, at the latest before a barrier; those after the last
//! checkpoint come again after a restart. Flink: `SinkWriterOperator`, `CommittingSinkWriter`, `AsyncSinkWriter`.

use std::rc::Rc;

use super::Operator;
use super::context::{Effect, OperatorContext};
use super::function::UserError;
use crate::base::own::own_seldom;
use crate::graph::operator_spec::DeliveryGuarantee;
use crate::record::Value;

/// How many records a batch has. Flink: `AsyncSinkBase`'s `maxBatchSize`.
const BATCH_MAX: usize = 5;

/// See the module.
#[derive(Clone)]
pub(super) struct TableWriter {
    table: Rc<str>,
    all: Rc<str>,
    guarantee: DeliveryGuarantee,
    /// Written since the last barrier, or waiting for the rest of the batch.
    open: Rc<Vec<Value>>,
    /// The newest checkpoint that a transaction belongs to.
    checkpoint: u64,
}

impl TableWriter {
    pub fn new(table: &Rc<str>, guarantee: DeliveryGuarantee) -> Self {
        let all = format!("{table} (all)").into();
        Self { table: Rc::clone(table), all, guarantee, open: Rc::default(), checkpoint: 0 }
    }

    /// Makes the rows seen. Flink: `SinkWriter#flush`.
    fn flush(&mut self, context: &mut OperatorContext) {
        for value in std::mem::take(&mut self.open).iter() {
            context.effects.push(Effect::Collect { table: Rc::clone(&self.table), value: value.clone() });
        }
    }

    /// Hands the open transaction to the committer. Flink: `prepareCommit`, `CommittableWithLineage`.
    fn prepare_commit(&mut self, context: &mut OperatorContext) {
        let rows = std::mem::take(&mut self.open);
        if rows.is_empty() {
            return;
        }
        let subtask = context.subtask.as_ref().expect("an operator runs in a subtask");
        let [a, b, c, d, ..] = subtask.operator_id.0;
        let sink = u32::from_be_bytes([a, b, c, d]);
        let name = format!("{sink:08x}-{}-{}-{}", subtask.subtask_idx, self.checkpoint, subtask.attempt);
        let committable = Value::tuple([
            Value::Long(self.checkpoint as i64),
            Value::String(name.into()),
            Value::Tuple(rows.iter().cloned().collect()),
        ]);
        context.collect(committable);
    }

    fn finish_epoch(&mut self, checkpoint: u64, context: &mut OperatorContext) {
        self.checkpoint = checkpoint;
        match self.guarantee {
            DeliveryGuarantee::ExactlyOnce => self.prepare_commit(context),
            DeliveryGuarantee::AtLeastOnce => self.flush(context),
        }
    }
}

impl Operator for TableWriter {
    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.checkpoint = context.restored_checkpoint_id.unwrap_or(0);
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        if self.guarantee == DeliveryGuarantee::ExactlyOnce {
            context.effects.push(Effect::Collect { table: Rc::clone(&self.all), value: value.clone() });
        }
        own_seldom(&mut self.open).push(value);
        if self.guarantee == DeliveryGuarantee::AtLeastOnce && self.open.len() >= BATCH_MAX {
            self.flush(context);
        }
        Ok(())
    }

    fn prepare_snapshot_pre_barrier(
        &mut self,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.finish_epoch(checkpoint, context);
        Ok(())
    }

    /// What was written after the last barrier belongs to the next checkpoint.
    fn end_input(&mut self, _input: u8, context: &mut OperatorContext) -> Result<(), UserError> {
        self.finish_epoch(self.checkpoint + 1, context);
        Ok(())
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
