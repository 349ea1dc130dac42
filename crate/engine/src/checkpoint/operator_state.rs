//! What a checkpoint holds of one operator, over all its subtasks.
//!
//! Contract: a subtask is there with its state, as finished, or, where it had nothing, not at all. Flink:
//! `OperatorState`, `FullyFinishedOperatorState`, `FinishedOperatorSubtaskState`.

use std::rc::Rc;

use super::handles::OperatorSubtaskState;
use crate::base::ids::OperatorId;
use crate::base::ordered::{SortedMap, SortedSet};
use crate::record::Value;
use crate::state::handle::OperatorStateMode;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorState {
    pub id: OperatorId,
    /// What the job called it.
    pub name: Rc<str>,
    pub parallelism: u32,
    pub max_parallelism: u32,
    /// What its coordinator had: of a source, the splits that nobody had yet.
    pub coordinator: Option<Value>,
    pub subtasks: SortedMap<u32, OperatorSubtaskState>,
    /// Subtasks that had come to their end.
    pub finished: SortedSet<u32>,
}

impl OperatorState {
    /// An operator of which nothing is known yet.
    pub fn new(id: OperatorId, name: &Rc<str>, parallelism: u32, max_parallelism: u32) -> Self {
        Self {
            id,
            name: Rc::clone(name),
            parallelism,
            max_parallelism,
            coordinator: None,
            subtasks: SortedMap::new(),
            finished: SortedSet::new(),
        }
    }

    /// Whether no subtask of it starts again.
    pub fn is_fully_finished(&self) -> bool {
        self.finished.len() as u32 == self.parallelism
    }

    /// Whether there is anything that a job would lose without it.
    pub fn has_state(&self) -> bool {
        self.coordinator.is_some()
            || !self.finished.is_empty()
            || self.subtasks.values().any(|state| !state.is_empty())
    }

    /// Whether a subtask wrote a list that every subtask reads whole.
    pub fn uses_union_state(&self) -> bool {
        let mut handles = self.subtasks.values().flat_map(|state| &state.operator);
        handles.any(|handle| handle.states.iter().any(|state| state.mode == OperatorStateMode::Union))
    }

    /// How many bytes it stands for.
    pub fn size(&self) -> u64 {
        self.subtasks.values().map(OperatorSubtaskState::size).sum()
    }
}
