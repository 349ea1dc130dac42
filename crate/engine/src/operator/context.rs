//! What an operator and its user function can reach: output, key, timestamp, state, subtask.
//!
//! An owned struct, so that a binding can take it whole while foreign code runs and put it back after.

use std::rc::Rc;

use super::function::{UserError, UserFunctions};
use crate::base::prng::Prng;
use crate::record::Value;
use crate::state::keyed::KeyedState;
use crate::state::{StateDescriptor, StateId, StateKind};

/// Which subtask this is. Flink: `TaskInfo`.
#[derive(Clone, Debug)]
pub struct SubtaskInfo {
    pub operator_name: Rc<str>,
    pub subtask_idx: u32,
    pub parallelism: u32,
    pub max_parallelism: u32,
    pub attempt: u32,
}

/// A record on its way out of an operator.
#[derive(Clone, Debug)]
pub struct Emission {
    /// The side output's tag id; `None` for the main output.
    pub tag: Option<Rc<str>>,
    pub value: Value,
    pub timestamp: Option<i64>,
}

/// What an operator does to the outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Print { to_stderr: bool, line: String },
    Collect { table: Rc<str>, value: Value },
}

/// See the module. The default is what stands in its place while it is taken: it costs nothing to make.
#[derive(Clone, Default)]
pub struct OperatorContext {
    /// `None` only in a context that was taken, and for key selectors before an exchange.
    pub subtask: Option<Rc<SubtaskInfo>>,
    /// The job's functions; `None` only in a context that was taken.
    pub functions: Option<Rc<dyn UserFunctions>>,
    /// Keyed state of this operator in this subtask, with the key of the element at hand. An operator
    /// that is not keyed has the default.
    pub state: KeyedState,
    /// Event timestamp of the element at hand.
    pub timestamp: Option<i64>,
    /// Processing time, ms since the epoch on the virtual clock.
    pub now: i64,
    /// The operator's current watermark.
    pub watermark: i64,
    /// What a binding draws a function's random numbers from, so that they are part of every snapshot. Equal
    /// in all subtasks: the binding mixes in the seed and which subtask it is.
    pub random: Prng,
    /// Emitted and not yet taken by the chain.
    pub emitted: Vec<Emission>,
    pub effects: Vec<Effect>,
}

impl OperatorContext {
    /// Emits to the main output, with the timestamp of the element at hand.
    #[inline]
    pub fn collect(&mut self, value: Value) {
        let timestamp = self.timestamp;
        self.emitted.push(Emission { tag: None, value, timestamp });
    }

    /// Emits to a side output.
    pub fn output(&mut self, tag: Rc<str>, value: Value) {
        let timestamp = self.timestamp;
        self.emitted.push(Emission { tag: Some(tag), value, timestamp });
    }

    /// Sets the key that state is reached by, before a keyed operator gets the record of that key.
    /// Flink: `StreamOperator#setKeyContextElement`.
    #[inline]
    pub fn set_current_key(&mut self, key: Value) -> Result<(), UserError> {
        self.state.set_current_key(key).map_err(UserError::from)
    }

    /// The key of the element at hand; null where the operator is not keyed.
    pub fn current_key(&self) -> Value {
        self.state.current_key().cloned().unwrap_or_default()
    }

    /// The keyed state of this name, made if it is new: what `getState(descriptor)` and its kin do.
    pub fn get_state(&mut self, name: &Rc<str>, kind: StateKind) -> Result<StateId, UserError> {
        let descriptor = StateDescriptor { name: Rc::clone(name), kind };
        self.state.register(&descriptor).map_err(UserError::from)
    }
}
