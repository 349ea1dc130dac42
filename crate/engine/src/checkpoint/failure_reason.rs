//! Why a checkpoint did not come about. Flink: `CheckpointFailureReason`.

macro_rules! reasons {
    ($($variant:ident $name:literal $message:literal,)*) => {
        /// See the module.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CheckpointFailureReason { $($variant,)* }

        #[cfg(test)]
        impl CheckpointFailureReason {
            /// All of them.
            pub const ALL: [Self; [$(Self::$variant,)*].len()] = [$(Self::$variant,)*];
        }

        impl CheckpointFailureReason {
            /// Flink's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Flink's sentence.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }
        }
    };
}

reasons! {
    PeriodicSchedulerShutdown "PERIODIC_SCHEDULER_SHUTDOWN" "Periodic checkpoint scheduler is shut down.",
    TooManyCheckpointRequests "TOO_MANY_CHECKPOINT_REQUESTS"
        "The maximum number of queued checkpoint requests exceeded",
    MinimumTimeBetweenCheckpoints "MINIMUM_TIME_BETWEEN_CHECKPOINTS"
        "The minimum time between checkpoints is still pending. Checkpoint will be triggered after the minimum time.",
    NotAllRequiredTasksRunning "NOT_ALL_REQUIRED_TASKS_RUNNING"
        "Not all required tasks are currently running.",
    IoException "IO_EXCEPTION"
        "An Exception occurred while triggering the checkpoint. IO-problem detected.",
    BlockingOutputExist "BLOCKING_OUTPUT_EXIST" "Blocking output edge exists in running tasks.",
    AsyncException "CHECKPOINT_ASYNC_EXCEPTION" "Asynchronous task checkpoint failed.",
    Expired "CHECKPOINT_EXPIRED" "Checkpoint expired before completing.",
    Subsumed "CHECKPOINT_SUBSUMED" "Checkpoint has been subsumed.",
    Declined "CHECKPOINT_DECLINED" "Checkpoint was declined.",
    DeclinedTaskNotReady "CHECKPOINT_DECLINED_TASK_NOT_READY" "Checkpoint was declined (tasks not ready)",
    DeclinedTaskClosing "CHECKPOINT_DECLINED_TASK_CLOSING"
        "Checkpoint was declined (task is closing)",
    DeclinedSubsumed "CHECKPOINT_DECLINED_SUBSUMED"
        "Checkpoint was canceled because a barrier from newer checkpoint was received.",
    DeclinedOnCancellationBarrier "CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER"
        "Task received cancellation from one of its inputs",
    DeclinedInputEndOfStream "CHECKPOINT_DECLINED_INPUT_END_OF_STREAM"
        "Checkpoint was declined because one input stream is finished",
    CoordinatorShutdown "CHECKPOINT_COORDINATOR_SHUTDOWN" "CheckpointCoordinator shutdown.",
    CoordinatorSuspend "CHECKPOINT_COORDINATOR_SUSPEND" "Checkpoint Coordinator is suspending.",
    JobFailoverRegion "JOB_FAILOVER_REGION" "FailoverRegion is restarting.",
    TaskFailure "TASK_FAILURE" "Task has failed.",
    TaskCheckpointFailure "TASK_CHECKPOINT_FAILURE" "Task local checkpoint failure.",
    FinalizeCheckpointFailure "FINALIZE_CHECKPOINT_FAILURE" "Failure to finalize checkpoint.",
    TriggerCheckpointFailure "TRIGGER_CHECKPOINT_FAILURE" "Trigger checkpoint failure.",
}

impl CheckpointFailureReason {
    /// Whether nothing had been asked of the tasks. Flink: `isPreFlight`.
    pub const fn is_pre_flight(self) -> bool {
        matches!(
            self,
            Self::PeriodicSchedulerShutdown
                | Self::TooManyCheckpointRequests
                | Self::MinimumTimeBetweenCheckpoints
                | Self::NotAllRequiredTasksRunning
                | Self::IoException
                | Self::BlockingOutputExist
        )
    }

    /// Whether it counts towards the failures that a job tolerates. Flink:
    /// `CheckpointFailureManager#checkFailureCounter`.
    pub const fn counts_as_failure(self) -> bool {
        matches!(
            self,
            Self::IoException
                | Self::AsyncException
                | Self::Declined
                | Self::Expired
                | Self::FinalizeCheckpointFailure
        )
    }
}
