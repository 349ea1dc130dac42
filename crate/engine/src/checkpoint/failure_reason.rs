//! Why a checkpoint did not come about. Flink: `CheckpointFailureReason`.

macro_rules! reasons {
    ($($variant:ident $name:literal $message:literal,)*) => {
        /// See the module.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CheckpointFailureReason { $($variant,)* }

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
    AsyncException "CHECKPOINT_ASYNC_EXCEPTION" "Asynchronous task checkpoint failed.",
    Declined "CHECKPOINT_DECLINED" "Checkpoint was declined.",
    DeclinedTaskNotReady "CHECKPOINT_DECLINED_TASK_NOT_READY" "Checkpoint was declined (tasks not ready)",
    DeclinedTaskClosing "CHECKPOINT_DECLINED_TASK_CLOSING"
        "Checkpoint was declined (task's operators partially finished)",
    DeclinedSubsumed "CHECKPOINT_DECLINED_SUBSUMED"
        "Checkpoint was canceled because a barrier from newer checkpoint was received.",
    DeclinedOnCancellationBarrier "CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER"
        "Task received cancellation from one of its inputs",
    DeclinedInputEndOfStream "CHECKPOINT_DECLINED_INPUT_END_OF_STREAM"
        "Checkpoint was declined because one input stream is finished",
}
