//! The states of a task, and which may follow which. Flink: `ExecutionState`, `Execution`, `Task`.

use std::fmt;

/// State of a subtask's attempt. The order is that of the lab's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExecutionState {
    Created,
    Scheduled,
    Deploying,
    Initializing,
    Running,
    Finished,
    Canceling,
    Canceled,
    Failed,
}

impl ExecutionState {
    /// Whether nothing follows.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Finished | Self::Canceled | Self::Failed)
    }

    /// Whether a task in this state has written its results, or still may.
    pub const fn is_running_or_will(self) -> bool {
        !matches!(self, Self::Canceling | Self::Canceled | Self::Failed)
    }

    /// Whether a task in this state may go to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use ExecutionState::{Canceled, Canceling, Created, Deploying, Failed, Finished, Initializing};
        use ExecutionState::{Running, Scheduled};
        match (self, next) {
            (Created, Scheduled)
            | (Scheduled, Deploying)
            | (Deploying, Initializing)
            | (Initializing, Running)
            | (Running, Finished)
            | (Created | Scheduled | Canceling, Canceled)
            | (Deploying | Initializing | Running, Canceling) => true,
            (_, Failed) => !self.is_terminal(),
            _ => false,
        }
    }

    /// Flink's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Scheduled => "SCHEDULED",
            Self::Deploying => "DEPLOYING",
            Self::Initializing => "INITIALIZING",
            Self::Running => "RUNNING",
            Self::Finished => "FINISHED",
            Self::Canceling => "CANCELING",
            Self::Canceled => "CANCELED",
            Self::Failed => "FAILED",
        }
    }
}

impl fmt::Display for ExecutionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::ExecutionState::{
        Canceled, Canceling, Created, Deploying, Failed, Finished, Initializing, Running, Scheduled,
    };

    #[test]
    fn terminal_states_absorb() {
        let all =
            [Created, Scheduled, Deploying, Initializing, Running, Finished, Canceling, Canceled, Failed];
        for from in [Finished, Canceled, Failed] {
            assert!(all.iter().all(|&to| !from.may_become(to)), "{from}");
        }
        assert!(Running.may_become(Failed) && Running.may_become(Canceling) && !Running.may_become(Canceled));
    }
}
