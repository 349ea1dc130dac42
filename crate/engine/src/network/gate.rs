//! The input of a task from one job edge: its channels and which of them have something to read.
//!
//! Contract: a channel stands in the queue at most once; it is read one buffer at a time and goes to the
//! end while it has more. Flink: `SingleInputGate`, `LocalInputChannel`, `RemoteInputChannel`.

use std::collections::VecDeque;

use super::buffer::Buffer;
use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};

/// Where a channel reads.
#[derive(Clone, Debug)]
pub enum ChannelSource {
    /// The subpartition itself, in the same TaskManager.
    Local,
    /// Buffers that came over a connection.
    Remote(RemoteChannel),
}

/// The receiving end of a connection's channel.
#[derive(Clone, Debug)]
pub struct RemoteChannel {
    /// Where the producer runs.
    pub producer: TaskManagerId,
    /// Received and not yet read.
    pub received: VecDeque<Buffer>,
    /// Sequence number that must come next.
    pub expected_sequence_number: u32,
    /// Data buffers that the sender says wait there.
    pub sender_backlog: u32,
}

impl RemoteChannel {
    /// A channel that has received nothing yet.
    pub const fn from_producer(producer: TaskManagerId) -> Self {
        Self { producer, received: VecDeque::new(), expected_sequence_number: 0, sender_backlog: 0 }
    }
}

/// An input channel.
#[derive(Clone, Debug)]
pub struct InputChannel {
    /// Its id.
    pub id: ChannelId,
    /// What it reads.
    pub partition: PartitionId,
    /// Which queue of it.
    pub subpartition: u32,
    /// From where.
    pub source: ChannelSource,
    /// Whether EndOfPartition was read.
    pub is_ended: bool,
    is_queued: bool,
}

impl InputChannel {
    /// A channel that has read nothing.
    pub const fn new(
        id: ChannelId,
        partition: PartitionId,
        subpartition: u32,
        source: ChannelSource,
    ) -> Self {
        Self { id, partition, subpartition, source, is_ended: false, is_queued: false }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct InputGate {
    channels: Vec<InputChannel>,
    with_data: VecDeque<u32>,
}

impl InputGate {
    /// A gate over these channels, in the order of their producers.
    pub const fn new(channels: Vec<InputChannel>) -> Self {
        Self { channels, with_data: VecDeque::new() }
    }

    /// Its channels.
    pub fn channels(&self) -> &[InputChannel] {
        &self.channels
    }

    /// One of them.
    pub fn channel_mut(&mut self, channel: u32) -> &mut InputChannel {
        &mut self.channels[channel as usize]
    }

    /// Whether a channel has something to read.
    pub fn has_data(&self) -> bool {
        !self.with_data.is_empty()
    }

    /// Whether every channel has ended.
    pub fn is_ended(&self) -> bool {
        self.channels.iter().all(|channel| channel.is_ended)
    }

    /// A channel has something to read. Flink: `SingleInputGate#notifyChannelNonEmpty`.
    pub fn queue(&mut self, channel: u32) {
        let place = &mut self.channels[channel as usize];
        if !place.is_queued && !place.is_ended {
            place.is_queued = true;
            self.with_data.push_back(channel);
        }
    }

    /// The channel whose turn it is, taken out of the queue.
    pub fn take_next(&mut self) -> Option<u32> {
        let channel = self.with_data.pop_front()?;
        self.channels[channel as usize].is_queued = false;
        Some(channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_queued_once_and_never_after_its_end() {
        let channel = |id| InputChannel::new(ChannelId(id), PartitionId(id), 0, ChannelSource::Local);
        let mut gate = InputGate::new(vec![channel(0), channel(1)]);
        gate.queue(1);
        gate.queue(0);
        gate.queue(1);
        assert_eq!((gate.take_next(), gate.take_next(), gate.take_next()), (Some(1), Some(0), None));
        gate.channel_mut(1).is_ended = true;
        gate.queue(1);
        assert!(!gate.has_data());
    }
}
