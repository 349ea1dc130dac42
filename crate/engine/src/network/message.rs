//! What two TaskManagers send each other over a connection. Flink: `NettyMessage`.

use super::buffer::Buffer;
use crate::base::ids::{ChannelId, PartitionId};

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
    /// A buffer.
    BufferResponse { receiver: ChannelId, buffer: Buffer, sequence_number: u32, backlog: u32 },
    /// The consumer can take so many more.
    AddCredit { receiver: ChannelId, credit: u32 },
}

impl NetworkMessage {
    /// Length on the wire: the frame's header of 9 bytes (length, magic, id) and the content.
    pub fn wire_bytes(&self) -> u32 {
        let content = match self {
            Self::PartitionRequest { .. } => 20 + 16 + 4 + 16 + 4,
            Self::BufferResponse { buffer, .. } => 16 + 4 + 4 + 4 + 1 + 1 + 4 + buffer.bytes.len() as u32,
            Self::AddCredit { .. } => 4 + 16,
        };
        9 + content
    }
}
