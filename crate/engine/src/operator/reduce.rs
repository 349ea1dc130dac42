//! `reduce` on a keyed stream: each record is joined with what its key has so far, and the result emitted, or, in
//! batch, the last result of each key.
//!
//! Flink: `StreamGroupedReduceOperator`, `BatchGroupedReduceOperator`.

use super::Operator;
use super::context::OperatorContext;
use super::function::{FunctionSlot, Method, UserError};
use crate::base::ids::FunctionId;
use crate::graph::job_graph::JobType;
use crate::graph::windowing::TimeDomain;
use crate::record::Value;
use crate::state::namespace::Namespace;
use crate::state::{StateId, StateKind};
use crate::time::timers::Timer;

/// The name under which rolling operators keep their value, as in Flink's snapshots.
pub(super) const STATE_NAME: &str = "_op_state";

/// In batch: the result of the key at hand is asked for when all its records are there. Asking again for the
/// same key changes nothing.
pub(super) fn await_end_of_key(context: &mut OperatorContext) -> Result<(), UserError> {
    context.register_timer(TimeDomain::EventTime, Namespace::Void, i64::MAX)
}

/// In batch: emits what the key at hand has at its end.
pub(super) fn collect_result(state: StateId, context: &mut OperatorContext) -> Result<(), UserError> {
    let result = context.state.value(state)?;
    if !result.is_null() {
        context.timestamp = Some(i64::MAX);
        context.collect(result);
    }
    Ok(())
}

/// See the module.
#[derive(Clone)]
pub(super) struct Reduce {
    function: FunctionSlot,
    job_type: JobType,
    state: StateId,
}

impl Reduce {
    pub fn new(function: FunctionId, job_type: JobType) -> Self {
        Self { function: FunctionSlot::new(function), job_type, state: StateId(0) }
    }
}

impl Operator for Reduce {
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.initialize_state(context)
    }

    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.snapshot_state(context)
    }

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
        match self.job_type {
            JobType::Streaming => context.collect(reduced),
            JobType::Batch => await_end_of_key(context)?,
        }
        Ok(())
    }

    fn on_timer(
        &mut self,
        _domain: TimeDomain,
        _timer: &Timer,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        collect_result(self.state, context)
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.close(context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}
