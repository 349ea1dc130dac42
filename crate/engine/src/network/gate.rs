//! The input of a task from one job edge: its channels and which of them have something to read.
//!
//! Contract: a channel stands in the queue at most once; it is read one buffer at a time and goes to the
//! end while it has more. Channels whose next buffer has priority stand in front of the others.
//! Flink: `SingleInputGate`, `PrioritizedDeque`.

use std::collections::VecDeque;

use super::channel::InputChannel;
use super::segment::PoolId;

/// See the module.
#[derive(Clone, Debug)]
pub struct InputGate {
    channels: Vec<InputChannel>,
    /// Of the floating buffers; none once the gate is closed.
    pool: Option<PoolId>,
    with_data: VecDeque<u32>,
    /// How many of them stand in front because of their priority.
    with_priority: u32,
    is_queued: Vec<bool>,
    bytes_in: u64,
    /// Whether it has asked for what it reads. Flink: `requestedPartitionsFlag`.
    pub is_requested: bool,
}

impl InputGate {
    /// A gate over these channels, in the order of their producers, with a pool for floating buffers.
    pub fn new(channels: Vec<InputChannel>, pool: PoolId) -> Self {
        let is_queued = vec![false; channels.len()];
        Self {
            channels,
            pool: Some(pool),
            with_data: VecDeque::new(),
            with_priority: 0,
            is_queued,
            bytes_in: 0,
            is_requested: false,
        }
    }

    /// Bytes of the buffers that were taken out of it. Flink: `numBytesIn`.
    pub const fn bytes_in(&self) -> u64 {
        self.bytes_in
    }

    /// Counts a buffer that is taken out.
    pub const fn count_bytes(&mut self, bytes: u64) {
        self.bytes_in += bytes;
    }

    /// Its channels.
    pub fn channels(&self) -> &[InputChannel] {
        &self.channels
    }

    /// One of them.
    pub fn channel_mut(&mut self, channel: u32) -> &mut InputChannel {
        &mut self.channels[channel as usize]
    }

    /// The pool of its floating buffers, until it is closed.
    pub const fn pool(&self) -> Option<PoolId> {
        self.pool
    }

    /// Takes the pool away: the gate is closed.
    pub const fn take_pool(&mut self) -> Option<PoolId> {
        self.pool.take()
    }

    /// Whether a channel has something to read.
    pub fn has_data(&self) -> bool {
        !self.with_data.is_empty()
    }

    /// Whether the next thing to read overtakes.
    pub const fn has_priority(&self) -> bool {
        self.with_priority > 0
    }

    /// Channels that have something to read, in the order in which they will be read.
    pub fn queued(&self) -> impl Iterator<Item = u32> {
        self.with_data.iter().copied()
    }

    /// Whether every channel has ended.
    pub fn is_ended(&self) -> bool {
        self.channels.iter().all(|channel| channel.is_ended)
    }

    /// A channel has something to read. Flink: `notifyChannelNonEmpty`.
    pub fn queue(&mut self, channel: u32) {
        if !self.is_queued[channel as usize] && !self.channels[channel as usize].is_ended {
            self.is_queued[channel as usize] = true;
            self.with_data.push_back(channel);
        }
    }

    /// A channel has something to read that overtakes. Flink: `notifyPriorityEvent`.
    pub fn queue_first(&mut self, channel: u32) {
        if self.channels[channel as usize].is_ended {
            return;
        }
        if self.is_queued[channel as usize] {
            let place = self.with_data.iter().position(|&queued| queued == channel).expect("it is queued");
            if place < self.with_priority as usize {
                return;
            }
            self.with_data.remove(place);
        }
        self.is_queued[channel as usize] = true;
        self.with_data.insert(self.with_priority as usize, channel);
        self.with_priority += 1;
    }

    /// The channel whose turn it is, taken out of the queue.
    pub fn take_next(&mut self) -> Option<u32> {
        let channel = self.with_data.pop_front()?;
        self.with_priority = self.with_priority.saturating_sub(1);
        self.is_queued[channel as usize] = false;
        Some(channel)
    }

    /// Nothing is read any more.
    pub fn clear_queue(&mut self) {
        self.with_data.clear();
        self.with_priority = 0;
        self.is_queued.fill(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{ChannelId, PartitionId};
    use crate::network::channel::ChannelSource;

    fn gate(channels: u32) -> InputGate {
        let channel = |id| InputChannel::new(ChannelId(id), PartitionId(id), 0, ChannelSource::Local);
        InputGate::new((0..channels).map(channel).collect(), PoolId(0))
    }

    fn drain(gate: &mut InputGate) -> Vec<u32> {
        std::iter::from_fn(|| gate.take_next()).collect()
    }

    #[test]
    fn a_channel_is_queued_once_and_never_after_its_end() {
        let mut gate = gate(2);
        gate.queue(1);
        gate.queue(0);
        gate.queue(1);
        assert_eq!(drain(&mut gate), [1, 0]);
        gate.channel_mut(1).is_ended = true;
        gate.queue(1);
        assert!(!gate.has_data());
    }

    #[test]
    fn priority_comes_first_in_the_order_of_its_coming() {
        let mut gate = gate(4);
        gate.queue(0);
        gate.queue(1);
        gate.queue(2);
        gate.queue_first(2);
        gate.queue_first(3);
        gate.queue_first(2);
        assert_eq!(drain(&mut gate), [2, 3, 0, 1]);
        gate.queue(0);
        gate.queue_first(1);
        assert_eq!(drain(&mut gate), [1, 0]);
    }
}
