//! What can go wrong in the network, in Flink's words.

use std::fmt;

use crate::base::ids::{PartitionId, TaskManagerId};
use crate::base::limits::EXCLUSIVE_BUFFERS_TIMEOUT_TICKS;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// A pool or exclusive buffers were asked for, and the memory is promised to others already. Flink: the
    /// `IOException` of `NetworkBufferPool`.
    InsufficientBuffers { required: u32, available: u32, total: u32, segment_bytes: u32 },
    /// Exclusive buffers were promised, and others did not give them back in time. Flink: the `IOException` of
    /// `requestUnpooledMemorySegments`.
    ExclusiveBuffersTimedOut { missing: u32 },
    /// A buffer came that is not the next one. Flink: `BufferReorderingException`.
    BufferReordering { expected: u32, actual: u32 },
    /// The producer does not know the partition, and waiting did not help. Flink:
    /// `PartitionNotFoundException`.
    PartitionNotFound { partition: PartitionId },
    /// The producer was cancelled or failed while its consumer waited for the partition. Flink:
    /// `PartitionProducerStateProvider`, which cancels the consumer then.
    ProducerGone { partition: PartitionId },
    /// The producer failed, and its partition with it. Flink: `ProducerFailedException`.
    ProducerFailed { partition: PartitionId },
    /// The connection is gone. Flink: `RemoteTransportException`.
    ConnectionLost { peer: TaskManagerId },
    /// Flink: `RemoteTransportException` of a channel that the other side closed.
    ConnectionClosed { peer: TaskManagerId },
    /// What was sent has no answer. Flink: `LocalTransportException`.
    ConnectionTimedOut { peer: TaskManagerId },
    /// The other side does not answer at all, so that what a partition holds cannot be read: a `PartitionException`,
    /// unlike the failure of a connection that was made. Flink: `PartitionConnectionException` of
    /// `RemoteInputChannel#requestSubpartitions`.
    ConnectionNotMade { peer: TaskManagerId, partition: PartitionId },
}

impl NetworkError {
    /// Whether the connection is gone, and nothing can be said over it any more.
    pub const fn is_of_connection(&self) -> bool {
        matches!(
            self,
            Self::ConnectionLost { .. }
                | Self::ConnectionClosed { .. }
                | Self::ConnectionTimedOut { .. }
                | Self::ConnectionNotMade { .. }
        )
    }

    /// Name of Flink's exception.
    pub const fn exception(&self) -> &'static str {
        match self {
            Self::InsufficientBuffers { .. } | Self::ExclusiveBuffersTimedOut { .. } => "IOException",
            Self::BufferReordering { .. } => "BufferReorderingException",
            Self::PartitionNotFound { .. } => "PartitionNotFoundException",
            Self::ProducerGone { .. } => "CancelTaskException",
            Self::ProducerFailed { .. } => "ProducerFailedException",
            Self::ConnectionLost { .. } | Self::ConnectionClosed { .. } => "RemoteTransportException",
            Self::ConnectionNotMade { .. } => "PartitionConnectionException",
            Self::ConnectionTimedOut { .. } => "LocalTransportException",
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InsufficientBuffers { required, available, total, segment_bytes } => write!(
                f,
                "Insufficient number of network buffers: required {required}, but only {available} available. The total \
                 number of network buffers is currently set to {total} of {segment_bytes} bytes each."
            ),
            Self::ExclusiveBuffersTimedOut { missing } => write!(
                f,
                "Timeout triggered when requesting exclusive buffers: {missing} of those that were promised are still in \
                 use, or you may increase the timeout which is {EXCLUSIVE_BUFFERS_TIMEOUT_TICKS}ms by setting the key \
                 'taskmanager.network.memory.exclusive-buffers-request-timeout-ms'."
            ),
            Self::BufferReordering { expected, actual } => write!(
                f,
                "Buffer re-ordering: expected buffer with sequence number {expected}, but received {actual}."
            ),
            Self::PartitionNotFound { partition } => write!(f, "Partition {partition} not found."),
            Self::ProducerGone { partition } => {
                write!(f, "The producer of partition {partition} has ended before it could be read.")
            }
            Self::ProducerFailed { partition } => {
                write!(f, "The task that produces partition {partition} failed.")
            }
            Self::ConnectionLost { peer } => of_peer(
                f,
                "Lost connection to task manager",
                *peer,
                ". This indicates that the remote task manager was lost.",
            ),
            Self::ConnectionClosed { peer } => of_peer(
                f,
                "Connection unexpectedly closed by remote task manager",
                *peer,
                ". This might indicate that the remote task manager was lost.",
            ),
            Self::ConnectionTimedOut { peer } => {
                of_peer(f, "Connection timed out (connection to", *peer, ").")
            }
            Self::ConnectionNotMade { peer, partition } => {
                write!(
                    f,
                    "Connection for partition {partition} not reachable. Caused by: IOException: Could not create Netty \
                     client. Caused by: RemoteTransportException: "
                )?;
                of_peer(
                    f,
                    "Connecting to remote task manager",
                    *peer,
                    " has failed. This might indicate that the remote task manager has been lost.",
                )
            }
        }
    }
}

fn of_peer(f: &mut fmt::Formatter<'_>, before: &str, peer: TaskManagerId, after: &str) -> fmt::Result {
    write!(f, "{before} 'TaskManager {}'{after}", peer.0 + 1)
}
