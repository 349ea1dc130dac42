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
    /// A job vertex's place in topological order (Flink attaches vertices in that order).
    VertexIdx;
    /// A subtask's running attempt, numbered in the order of deployment over the whole job.
    TaskId;
    /// A result partition, unique in the job.
    PartitionId;
    /// A channel from one subpartition to one input channel, unique in the job.
    ChannelId;
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
