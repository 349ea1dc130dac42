//! The messages that crossed links, one compact entry each, in the order in which they arrived.
//!
//! Contract: an entry is numbers alone, written without allocation beyond the log's own; words are made of them
//! when somebody looks. It is part of the world, so that going back takes back what came after.

use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};
use crate::network::buffer::DataType;
use crate::network::error::NetworkError;
use crate::network::message::NetworkMessage;
use crate::trace::Trace;

/// A message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    pub sent_at: u64,
    pub arrived_at: u64,
    pub from: TaskManagerId,
    pub to: TaskManagerId,
    /// The input channel that it is about.
    pub channel: ChannelId,
    pub contents: Contents,
}

/// What a message says, besides the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// `PartitionRequest`.
    Request { partition: PartitionId, subpartition: u32, credit: u32 },
    /// `BufferResponse`.
    Buffer {
        sequence_number: u32,
        backlog: u32,
        bytes: u32,
        /// The event's name, or `data`.
        holds: &'static str,
    },
    /// `BacklogAnnouncement`: buffers that wait.
    Backlog(u32),
    /// `AddCredit`.
    Credit(u32),
    /// `NewBufferSize`: bytes.
    BufferSize(u32),
    /// `ErrorResponse`.
    Error(NetworkError),
    /// `CancelPartitionRequest`.
    Cancel,
    /// `ResumeConsumption`.
    Resume,
    /// `AckAllUserRecordsProcessed`.
    AllProcessed,
}

impl Contents {
    /// Of a message.
    pub fn of(message: &NetworkMessage) -> Self {
        match message {
            NetworkMessage::PartitionRequest { partition, subpartition, credit, .. } => {
                Self::Request { partition: *partition, subpartition: *subpartition, credit: *credit }
            }
            NetworkMessage::BufferResponse { buffer, sequence_number, backlog, .. } => Self::Buffer {
                sequence_number: *sequence_number,
                backlog: *backlog,
                bytes: buffer.bytes.len() as u32,
                holds: match buffer.data_type {
                    DataType::Data => "data",
                    DataType::Event(event) => event.name(),
                },
            },
            NetworkMessage::BacklogAnnouncement { backlog, .. } => Self::Backlog(*backlog),
            NetworkMessage::AddCredit { credit, .. } => Self::Credit(*credit),
            NetworkMessage::NewBufferSize { bytes, .. } => Self::BufferSize(*bytes),
            NetworkMessage::ErrorResponse { error, .. } => Self::Error(error.clone()),
            NetworkMessage::CancelPartitionRequest { .. } => Self::Cancel,
            NetworkMessage::ResumeConsumption { .. } => Self::Resume,
            NetworkMessage::AckAllUserRecordsProcessed { .. } => Self::AllProcessed,
        }
    }

    /// Flink's name of the message.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Request { .. } => "PartitionRequest",
            Self::Buffer { .. } => "BufferResponse",
            Self::Backlog(_) => "BacklogAnnouncement",
            Self::Credit(_) => "AddCredit",
            Self::BufferSize(_) => "NewBufferSize",
            Self::Error(_) => "ErrorResponse",
            Self::Cancel => "CancelPartitionRequest",
            Self::Resume => "ResumeConsumption",
            Self::AllProcessed => "AckAllUserRecordsProcessed",
        }
    }
}

impl Crossing {
    /// A message that arrives.
    pub fn new(
        (from, to): (TaskManagerId, TaskManagerId),
        (sent_at, arrived_at): (u64, u64),
        message: &NetworkMessage,
    ) -> Self {
        Self { sent_at, arrived_at, from, to, channel: message.channel(), contents: Contents::of(message) }
    }
}

/// Takes a message into the hash: two words, whatever it says.
pub fn fold(message: &NetworkMessage, trace: &mut Trace) {
    trace.fold(u64::from(message.wire_id()) << 32 | u64::from(message.channel().0));
    let (first, second) = match message {
        NetworkMessage::BufferResponse { buffer, sequence_number, .. } => {
            (*sequence_number, buffer.bytes.len() as u32)
        }
        NetworkMessage::PartitionRequest { subpartition, credit, .. } => (*subpartition, *credit),
        NetworkMessage::BacklogAnnouncement { backlog: number, .. }
        | NetworkMessage::AddCredit { credit: number, .. }
        | NetworkMessage::NewBufferSize { bytes: number, .. } => (*number, 0),
        NetworkMessage::ErrorResponse { .. }
        | NetworkMessage::CancelPartitionRequest { .. }
        | NetworkMessage::ResumeConsumption { .. }
        | NetworkMessage::AckAllUserRecordsProcessed { .. } => (0, 0),
    };
    trace.fold(u64::from(first) << 32 | u64::from(second));
}
