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

    /// Whether a job in this status may go to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use JobStatus::{Canceled, Cancelling, Created, Failed, Failing, Finished, Initializing};
        use JobStatus::{Restarting, Running, Suspended};
        matches!(
            (self, next),
            // The adaptive scheduler waits for slots again.
            (Initializing | Restarting, Created)
                | (Created | Restarting, Running)
                | (Running, Restarting | Finished)
                | (Initializing | Created | Running | Restarting, Failing)
                | (Failing, Failed)
                | (Created | Running | Restarting | Failing, Cancelling)
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
