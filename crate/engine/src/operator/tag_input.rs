//! Marks which stream a record comes from, before both streams become one for a window that joins them.
//!
//! Flink: `CoGroupedStreams.Input1Tagger`, `Input2Tagger`, `TaggedUnion`.

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use crate::record::Value;

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct TagInput(u8);

impl TagInput {
    pub const fn new(input: u8) -> Self {
        Self(input)
    }
}

impl Operator for TagInput {
    fn open(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        context.collect(Value::tuple([Value::Long(i64::from(self.0)), value]));
        Ok(())
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(*self)
    }
}
