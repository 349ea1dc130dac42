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

    /// Whether a task in this state may go to `next`, as its JobMaster sees it. Flink: the callers of
    /// `Execution#transitionState`; those of `Task#transitionState` do no more.
    pub const fn may_become(self, next: Self) -> bool {
        use ExecutionState::{Canceled, Canceling, Created, Deploying, Failed, Finished, Initializing};
        use ExecutionState::{Running, Scheduled};
        matches!(
            (self, next),
            (Created, Scheduled)
                | (Scheduled, Deploying)
                | (Deploying, Initializing)
                | (Initializing, Running)
                | (Deploying | Initializing | Running, Finished)
                | (Created | Scheduled | Deploying | Initializing | Running, Canceling | Failed)
                | (Deploying | Initializing | Running | Canceling, Canceled)
        )
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

    /// `Execution`: `cancel`, `markFinished`, `completeCancelling` and `processFail` name the states that they start from.
    #[test]
    fn the_transitions_are_those_of_flinks_execution() {
        let all =
            [Created, Scheduled, Deploying, Initializing, Running, Finished, Canceling, Canceled, Failed];
        let after = |from| match from {
            Created => vec![Scheduled, Canceling, Failed],
            Scheduled => vec![Deploying, Canceling, Failed],
            Deploying => vec![Initializing, Finished, Canceling, Canceled, Failed],
            Initializing => vec![Running, Finished, Canceling, Canceled, Failed],
            Running => vec![Finished, Canceling, Canceled, Failed],
            Canceling => vec![Canceled],
            Finished | Canceled | Failed => vec![],
        };
        for from in all {
            let next: Vec<_> = all.into_iter().filter(|&to| from.may_become(to)).collect();
            assert_eq!(next, after(from), "{from}");
        }
    }
}
