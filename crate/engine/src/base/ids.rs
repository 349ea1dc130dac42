//! The ids of the engine: a newtype each, so that no index is taken for another.

use std::fmt;

macro_rules! index_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The id as an index into the vector that it numbers.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

index_id! {
    /// A node of the transformation graph and of the StreamGraph, counted from 1 as Flink's
    /// `Transformation.ID_COUNTER` does, virtual nodes included.
    TransformationId;
    /// A user function of the job: an index into the function table that was submitted with it.
    FunctionId;
    /// A TaskManager of the cluster, counted from 0.
    TaskManagerId;
    /// A JobManager process of the cluster, counted from 0.
    JobManagerId;
    /// A job vertex's place in topological order (Flink attaches vertices in that order).
    VertexIdx;
    /// A subtask, numbered in the order of deployment over the whole job.
    TaskId;
}

/// How many bits of an id hold the place in the plan; those above hold the attempt.
const PLACE_BITS: u32 = 20;

/// How many bits of an attempt count within its graph; those above count the graphs, of which each JobMaster that takes
/// the job up makes one.
const ATTEMPT_BITS: u32 = 16;

/// The first attempt of each task in a graph, counted from 0. Flink: an `ExecutionGraphID` and attempt 0.
pub const fn first_attempt_of(graph: u32) -> u32 {
    graph << ATTEMPT_BITS
}

/// The number that is shown of an attempt: counted from 0 in its graph.
pub const fn attempt_number(attempt: u32) -> u32 {
    attempt & ((1 << ATTEMPT_BITS) - 1)
}

/// What tells attempts apart in the ids of what is theirs.
const fn tag_of(attempt: u32) -> u32 {
    attempt_number(attempt) + (attempt >> ATTEMPT_BITS) * 1031
}

macro_rules! attempt_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Of the first attempt it is the place in the plan. Attempts are told apart up to 4096: what was said to one
        /// that is so far back is not on its way any more.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in the plan, the same for all attempts.
            pub const fn index(self) -> usize {
                self.place() as usize
            }

            /// The same as a number.
            pub const fn place(self) -> u32 {
                self.0 & ((1 << PLACE_BITS) - 1)
            }

            /// The id of the same in another attempt.
            #[must_use]
            pub const fn of_attempt(self, attempt: u32) -> Self {
                Self(self.place() | (tag_of(attempt) << PLACE_BITS))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.place())?;
                match self.0 >> PLACE_BITS {
                    0 => Ok(()),
                    attempt => write!(f, "#{attempt}"),
                }
            }
        }
    )*};
}

attempt_id! {
    /// A result partition of an attempt of its producer. Flink: `ResultPartitionID`.
    PartitionId;
    /// A channel from one subpartition to one input channel of an attempt of the consumer. Flink:
    /// `InputChannelID`.
    ChannelId;
}

/// An attempt to run a subtask, counted from 0. Flink: `ExecutionAttemptID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExecutionAttemptId {
    pub task: TaskId,
    pub attempt: u32,
}

/// A 16-byte id in Flink's `AbstractID` form, printed as 32 hexadecimal digits: an operator's id and,
/// for the head of a chain, the JobVertexID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(pub [u8; 16]);

/// The id of a job vertex: the operator id of its chain's head.
pub type JobVertexId = OperatorId;

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
