//! A process function on a stream and a broadcast one, which fills state that both sides see.
//!
//! Contract: the state is of the whole subtask, not of a key; each subtask gets all broadcast records, so that
//! each has the same. Flink: `CoBroadcastWithNonKeyedOperator`, `CoBroadcastWithKeyedOperator`,
//! `HeapBroadcastState`.

use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use super::function_operator::{FunctionOperator, Handing};
use crate::base::ids::FunctionId;
use crate::graph::windowing::TimeDomain;
use crate::record::Value;
use crate::time::timers::Timer;

/// See the module.
#[derive(Clone)]
pub(super) struct Broadcast {
    function: FunctionOperator,
    states: Rc<[Rc<str>]>,
}

impl Broadcast {
    pub fn new(function: FunctionId, states: Rc<[Rc<str>]>) -> Self {
        Self { function: FunctionOperator::new(function, Handing::CoProcess), states }
    }
}

impl Operator for Broadcast {
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        for name in self.states.iter() {
            context.broadcast_state(name)?;
        }
        self.function.initialize_state(context)
    }

    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.snapshot_state(context)
    }

    fn notify_checkpoint_complete(
        &mut self,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.function.notify_checkpoint_complete(checkpoint, context)
    }

    fn notify_checkpoint_aborted(
        &mut self,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.function.notify_checkpoint_aborted(checkpoint, context)
    }

    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.open(context)
    }

    fn on_record(&mut self, input: u8, value: Value, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.on_record(input, value, context)
    }

    fn on_timer(
        &mut self,
        domain: TimeDomain,
        timer: &Timer,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.function.on_timer(domain, timer, context)
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.close(context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}
