//! What two TaskManagers send each other over a connection. Flink: `NettyMessage`.

use std::fmt;

use super::buffer::Buffer;
use super::error::NetworkError;
use crate::base::ids::{ChannelId, PartitionId};

/// Bytes of a frame's header: its length, a magic number, the message's id.
const FRAME_HEADER_BYTES: u32 = 4 + 4 + 1;
/// Bytes of an `InputChannelID`.
const CHANNEL_ID_BYTES: u32 = 16;
/// Bytes of a `ResultPartitionID`: the partition's id and the producer's attempt id.
const PARTITION_ID_BYTES: u32 = 20 + 16;

/// A message on a link.
#[derive(Clone, Debug)]
pub enum NetworkMessage {
    /// A consumer asks for a subpartition.
    PartitionRequest {
        partition: PartitionId,
        subpartition: u32,
        /// The input channel that will receive.
        receiver: ChannelId,
        /// Buffers that the channel can take at once.
        credit: u32,
    },
    /// A consumer does not read on: its channel has ended, failed or been cancelled.
    CancelPartitionRequest { receiver: ChannelId },
    /// A buffer.
    BufferResponse { receiver: ChannelId, buffer: Buffer, sequence_number: u32, backlog: u32 },
    /// Buffers wait at the sender and the receiver has no credit there. Sent to channels without exclusive
    /// buffers only.
    BacklogAnnouncement { receiver: ChannelId, backlog: u32 },
    /// The consumer can take so many more.
    AddCredit { receiver: ChannelId, credit: u32 },
    /// The sender cannot serve the channel.
    ErrorResponse { receiver: ChannelId, error: NetworkError },
    /// The consumer goes on after an event that blocked.
    ResumeConsumption { receiver: ChannelId },
    /// The consumer has processed all records of a channel.
    AckAllUserRecordsProcessed { receiver: ChannelId },
    /// The consumer wants buffers of another size.
    NewBufferSize { receiver: ChannelId, bytes: u32 },
}

impl NetworkMessage {
    /// Flink's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PartitionRequest { .. } => "PartitionRequest",
            Self::CancelPartitionRequest { .. } => "CancelPartitionRequest",
            Self::BufferResponse { .. } => "BufferResponse",
            Self::BacklogAnnouncement { .. } => "BacklogAnnouncement",
            Self::AddCredit { .. } => "AddCredit",
            Self::ErrorResponse { .. } => "ErrorResponse",
            Self::ResumeConsumption { .. } => "ResumeConsumption",
            Self::AckAllUserRecordsProcessed { .. } => "AckAllUserRecordsProcessed",
            Self::NewBufferSize { .. } => "NewBufferSize",
        }
    }

    /// Flink's number of the message on the wire.
    pub const fn wire_id(&self) -> u32 {
        match self {
            Self::BufferResponse { .. } => 0,
            Self::ErrorResponse { .. } => 1,
            Self::PartitionRequest { .. } => 2,
            Self::CancelPartitionRequest { .. } => 4,
            Self::AddCredit { .. } => 6,
            Self::ResumeConsumption { .. } => 7,
            Self::AckAllUserRecordsProcessed { .. } => 8,
            Self::BacklogAnnouncement { .. } => 9,
            Self::NewBufferSize { .. } => 10,
        }
    }

    /// The input channel that it is about.
    pub const fn channel(&self) -> ChannelId {
        match self {
            Self::PartitionRequest { receiver, .. }
            | Self::CancelPartitionRequest { receiver }
            | Self::BufferResponse { receiver, .. }
            | Self::BacklogAnnouncement { receiver, .. }
            | Self::AddCredit { receiver, .. }
            | Self::ErrorResponse { receiver, .. }
            | Self::ResumeConsumption { receiver }
            | Self::AckAllUserRecordsProcessed { receiver }
            | Self::NewBufferSize { receiver, .. } => *receiver,
        }
    }

    /// Length on the wire.
    pub fn wire_bytes(&self) -> u32 {
        let content = match self {
            Self::PartitionRequest { .. } => PARTITION_ID_BYTES + 4 + CHANNEL_ID_BYTES + 4,
            // Channel, sequence number, backlog, data type, compression flag, size.
            Self::BufferResponse { buffer, .. } => {
                CHANNEL_ID_BYTES + 4 + 4 + 4 + 1 + 1 + 4 + buffer.bytes.len() as u32
            }
            Self::CancelPartitionRequest { .. }
            | Self::ResumeConsumption { .. }
            | Self::AckAllUserRecordsProcessed { .. } => CHANNEL_ID_BYTES,
            Self::BacklogAnnouncement { .. } | Self::AddCredit { .. } | Self::NewBufferSize { .. } => {
                4 + CHANNEL_ID_BYTES
            }
            // The exception's class and message, and whether a channel is named. Flink writes Java's serialised
            // form, which is longer.
            Self::ErrorResponse { error, .. } => {
                error.exception().len() as u32 + error.to_string().len() as u32 + 1 + CHANNEL_ID_BYTES
            }
        };
        FRAME_HEADER_BYTES + content
    }
}

impl fmt::Display for NetworkMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::PartitionRequest { partition, subpartition, receiver, credit } => write!(
                f,
                "{name} partition {partition} subpartition {subpartition} channel {receiver} credit {credit}"
            ),
            Self::CancelPartitionRequest { receiver }
            | Self::ResumeConsumption { receiver }
            | Self::AckAllUserRecordsProcessed { receiver } => {
                write!(f, "{name} channel {receiver}")
            }
            Self::BufferResponse { receiver, buffer, sequence_number, backlog } => write!(
                f,
                "{name} channel {receiver} sequence number {sequence_number} backlog {backlog} bytes {}",
                buffer.bytes.len()
            ),
            Self::BacklogAnnouncement { receiver, backlog } => {
                write!(f, "{name} channel {receiver} backlog {backlog}")
            }
            Self::AddCredit { receiver, credit } => write!(f, "{name} channel {receiver} credit {credit}"),
            Self::ErrorResponse { receiver, error } => {
                write!(f, "{name} channel {receiver} {}: {error}", error.exception())
            }
            Self::NewBufferSize { receiver, bytes } => write!(f, "{name} channel {receiver} bytes {bytes}"),
        }
    }
}
