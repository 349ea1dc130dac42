//! What a task can reach during its turn, beside itself.

use crate::base::choice::Choices;
use crate::base::ids::TaskId;
use crate::network::shuffle::ShuffleEnvironment;
use crate::operator::context::Effect;

/// Lent to a task for one turn.
pub struct TaskEnvironment<'a> {
    /// Virtual time in ms.
    pub now: u64,
    /// Network of its TaskManager.
    pub shuffle: &'a mut ShuffleEnvironment,
    /// The choice points.
    pub choices: &'a mut Choices,
    /// What it printed and collected, with the task that did.
    pub effects: &'a mut Vec<(TaskId, Effect)>,
}
