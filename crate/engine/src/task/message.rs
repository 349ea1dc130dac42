//! What a task is told, and what it says. Flink: `Mail`, `TaskManagerActions`.

use std::rc::Rc;

use super::state::ExecutionState;
use crate::network::error::NetworkError;
use crate::operator::function::UserError;
use crate::operator::source::Split;
use crate::time::processing_time::ScheduledTimer;

/// A letter in a task's mailbox.
#[derive(Clone, Debug)]
pub enum Mail {
    /// The enumerator gives a split.
    AddSplit(Split),
    /// The enumerator has no further split.
    NoMoreSplits,
    /// The clock calls an operator of the chain back.
    Callback { operator: u32, timer: ScheduledTimer },
    /// The JobMaster wants the task to end.
    Cancel,
}

impl Mail {
    /// What the lab shows.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AddSplit(_) => "AddSplitEvent",
            Self::NoMoreSplits => "NoMoreSplitsEvent",
            Self::Callback { .. } => "Timer callback",
            Self::Cancel => "cancel",
        }
    }
}

/// Why a task failed.
#[derive(Clone, Debug)]
pub struct TaskFailure {
    /// The operator that was at work; `None`: no operator was, but the network.
    pub operator: Option<Rc<str>>,
    pub error: UserError,
}

impl TaskFailure {
    /// An operator failed, or the function in it.
    pub fn of_operator(operator: &Rc<str>, error: UserError) -> Self {
        Self { operator: Some(Rc::clone(operator)), error }
    }
}

impl From<NetworkError> for TaskFailure {
    fn from(error: NetworkError) -> Self {
        let message = format!("{}: {error}", error.exception());
        Self { operator: None, error: UserError { message, function: None, at: None } }
    }
}

/// What a task says to its TaskExecutor.
#[derive(Clone, Debug)]
pub enum TaskReport {
    State {
        state: ExecutionState,
        failure: Option<TaskFailure>,
    },
    /// The reader wants another split.
    RequestSplit,
}
