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
use crate::state::handle::OperatorStateMode;
use crate::state::keyed::KeyedState;
use crate::state::{StateDescriptor, StateId, StateKind};
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
        // State of one key that never changes.
        let mut states = KeyedState::for_subtask(1, 1, 0);
        states.set_current_key(Value::Long(0))?;
        for name in self.states.iter() {
            let id = states.register(&StateDescriptor {
                name: Rc::clone(name),
                kind: StateKind::Map,
                ttl: None,
            })?;
            for entry in context.operator_state.restored(name).iter() {
                if let Value::Tuple(pair) = entry
                    && let [key, value] = &**pair
                {
                    states.map_put(id, key.clone(), value.clone())?;
                }
            }
        }
        context.broadcast = Some(Box::new(states));
        self.function.initialize_state(context)
    }

    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.snapshot_state(context)?;
        let Some(states) = context.broadcast.as_deref_mut() else { return Ok(()) };
        for (name, id) in self.states.iter().zip((0..).map(StateId)) {
            let entries = states.map(id)?;
            let pairs = entries.iter().map(|(key, value)| Value::tuple([key.clone(), value.clone()]));
            context.operator_state.set(name, OperatorStateMode::Broadcast, pairs.collect())?;
        }
        Ok(())
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
