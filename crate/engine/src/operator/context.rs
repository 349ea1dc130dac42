//! What an operator and its user function can reach: output, key, timestamp, state, subtask.
//!
//! An owned struct, so that a binding can take it whole while foreign code runs and put it back after.

use std::rc::Rc;

use super::function::UserFunctions;
use crate::record::Value;
use crate::state::keyed::KeyedState;

/// Which subtask this is. Flink: `TaskInfo`.
#[derive(Clone, Debug)]
pub struct SubtaskInfo {
    pub operator_name: Rc<str>,
    pub subtask_idx: u32,
    pub parallelism: u32,
    pub max_parallelism: u32,
    pub attempt: u32,
}

impl Default for SubtaskInfo {
    fn default() -> Self {
        Self { operator_name: Rc::from(""), subtask_idx: 0, parallelism: 1, max_parallelism: 128, attempt: 0 }
    }
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
#[derive(Clone, Debug)]
pub enum Effect {
    Print { to_stderr: bool, line: String },
    Collect { table: Rc<str>, value: Value },
}

/// See the module.
#[derive(Clone, Default)]
pub struct OperatorContext {
    pub subtask: SubtaskInfo,
    /// The job's functions; `None` only in a context that was taken.
    pub functions: Option<Rc<dyn UserFunctions>>,
    /// Keyed state of this operator in this subtask.
    pub state: KeyedState,
    /// Key of the element at hand; `Null` where the operator is not keyed.
    pub key: Value,
    /// Event timestamp of the element at hand.
    pub timestamp: Option<i64>,
    /// Processing time, ms since the epoch on the virtual clock.
    pub now: i64,
    /// The operator's current watermark.
    pub watermark: i64,
    /// Emitted and not yet taken by the chain.
    pub emitted: Vec<Emission>,
    pub effects: Vec<Effect>,
}

impl OperatorContext {
    /// Emits to the main output, with the timestamp of the element at hand.
    pub fn collect(&mut self, value: Value) {
        let timestamp = self.timestamp;
        self.emitted.push(Emission { tag: None, value, timestamp });
    }

    /// Emits to a side output.
    pub fn output(&mut self, tag: Rc<str>, value: Value) {
        let timestamp = self.timestamp;
        self.emitted.push(Emission { tag: Some(tag), value, timestamp });
    }
}
