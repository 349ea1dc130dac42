//! The status of a job, and what may follow what. Flink: `JobStatus`.

use std::fmt;

/// The order is that of the lab's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    Initializing,
    Created,
    Running,
    Failing,
    Failed,
    Cancelling,
    Canceled,
    Finished,
    Restarting,
    /// Its JobManager leads no more; another one may take it up.
    Suspended,
}

impl JobStatus {
    /// Whether nothing follows, on any JobManager.
    pub const fn is_globally_terminal(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled | Self::Finished)
    }

    /// Whether a job in this status may go to `next`. Flink: the callers of `DefaultExecutionGraph#transitionState`, and
    /// the adaptive scheduler, which goes back to `CREATED` when it waits for slots again.
    pub const fn may_become(self, next: Self) -> bool {
        use JobStatus::{Canceled, Cancelling, Created, Failed, Failing, Finished, Initializing};
        use JobStatus::{Restarting, Running, Suspended};
        matches!(
            (self, next),
            (Initializing | Restarting, Created)
                | (Created | Restarting, Running)
                | (Running, Restarting | Finished)
                | (Initializing | Created | Running | Restarting | Cancelling, Failing)
                | (Created | Running | Restarting | Failing, Cancelling)
                | (Failing | Cancelling, Failed)
                | (Cancelling, Canceled)
                | (Initializing | Created | Running | Restarting | Failing | Cancelling, Suspended)
        )
    }

    /// Flink's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initializing => "INITIALIZING",
            Self::Created => "CREATED",
            Self::Running => "RUNNING",
            Self::Failing => "FAILING",
            Self::Failed => "FAILED",
            Self::Cancelling => "CANCELLING",
            Self::Canceled => "CANCELED",
            Self::Finished => "FINISHED",
            Self::Restarting => "RESTARTING",
            Self::Suspended => "SUSPENDED",
        }
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::JobStatus::{
        Canceled, Cancelling, Created, Failed, Failing, Finished, Initializing, Restarting, Running,
        Suspended,
    };

    /// `DefaultExecutionGraph`: `cancel`, `suspend`, `jobFinished`, `allVerticesInTerminalState` and `failJob`; and
    /// `DefaultScheduler`, which restarts.
    #[test]
    fn the_transitions_are_those_of_flinks_execution_graph() {
        let all = [
            Initializing,
            Created,
            Running,
            Failing,
            Failed,
            Cancelling,
            Canceled,
            Finished,
            Restarting,
            Suspended,
        ];
        let after = |from| match from {
            Initializing => vec![Created, Failing, Suspended],
            Created => vec![Running, Failing, Cancelling, Suspended],
            Running => vec![Failing, Cancelling, Finished, Restarting, Suspended],
            Restarting => vec![Created, Running, Failing, Cancelling, Suspended],
            Failing => vec![Failed, Cancelling, Suspended],
            Cancelling => vec![Failing, Failed, Canceled, Suspended],
            Failed | Canceled | Finished | Suspended => vec![],
        };
        for from in all {
            let next: Vec<_> = all.into_iter().filter(|&to| from.may_become(to)).collect();
            assert_eq!(next, after(from), "{from}");
        }
    }
}
