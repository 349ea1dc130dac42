//! `reduce` on a keyed stream: each record is joined with what its key has so far, and the result emitted.
//!
//! Flink: `StreamGroupedReduceOperator`.

use super::Operator;
use super::context::OperatorContext;
use super::function::{FunctionSlot, Method, UserError};
use crate::base::ids::FunctionId;
use crate::record::Value;
use crate::state::{StateId, StateKind};

/// The name under which rolling operators keep their value, as in Flink's snapshots.
pub(super) const STATE_NAME: &str = "_op_state";

/// See the module.
#[derive(Clone)]
pub(super) struct Reduce {
    function: FunctionSlot,
    state: StateId,
}

impl Reduce {
    pub fn new(function: FunctionId) -> Self {
        Self { function: FunctionSlot::new(function), state: StateId(0) }
    }
}

impl Operator for Reduce {
    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.open(context)?;
        self.state = context.get_state(&STATE_NAME.into(), StateKind::Value)?;
        Ok(())
    }

    #[inline]
    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let current = context.state.value(self.state)?;
        let reduced = if current.is_null() {
            value
        } else {
            self.function.call(Method::Apply, &[current, value], context)?
        };
        context.state.update(self.state, reduced.clone())?;
        context.collect(reduced);
        Ok(())
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.close(context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}
