//! The operators: one element in, what it makes of it out. They never see a channel, a buffer or a clock.

pub mod context;
pub mod function;

use crate::record::Value;
use context::OperatorContext;
use function::UserError;

/// A running operator of one subtask. Flink: `StreamOperator`.
///
/// What it emits goes into the context (`OperatorContext::collect`, `output`); the chain takes it from
/// there. Cloned for snapshots of the world: whatever an operator holds must be cheap to clone.
pub trait Operator {
    /// Before the first element: makes instances of user functions and calls their `open`.
    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError>;

    /// One record of input `input` (0 for the only or first one, 1 for the second). The context holds
    /// the record's timestamp and, for keyed operators, its key.
    fn on_record(&mut self, input: u8, value: Value, context: &mut OperatorContext) -> Result<(), UserError>;

    /// No further record comes on `input`. Flink: `BoundedOneInput::endInput`.
    fn end_input(&mut self, _input: u8, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// After the last element; also when the task is cancelled.
    fn close(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// A copy for a snapshot of the world.
    fn clone_box(&self) -> Box<dyn Operator>;
}

impl Clone for Box<dyn Operator> {
    fn clone(&self) -> Self {
        self.as_ref().clone_box()
    }
}
