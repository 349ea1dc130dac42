//! Buffers that were on their way when a barrier overtook them: what of a channel belongs to a checkpoint.
//!
//! Contract: of each input channel what the operators had not read when the snapshot was taken, up to the channel's
//! barrier, in the order of the channel; of each subpartition what the barrier overtook there. Flink:
//! `ChannelStateWriter`, `ChannelStatePersister`, `StreamTaskNetworkInput#prepareSnapshot`.

use std::rc::Rc;

use crate::base::ordered::SortedSet;
use crate::checkpoint::handles::{ChannelStateHandle, StreamStateHandle};
use crate::state::bytes::{FileKind, begin_file, end_file};

/// Bytes of one buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlightBuffer {
    /// The gate or the result partition, by its place in the task.
    pub gate: u32,
    /// The channel in the gate, or the subpartition.
    pub channel: u32,
    /// How many bytes at the start belong to a record that began before.
    pub partial_record_bytes: u32,
    pub bytes: Rc<Vec<u8>>,
}

/// What the inputs record for an unaligned checkpoint.
#[derive(Clone, Debug)]
pub struct InputRecording {
    checkpoint: u64,
    /// Channels, numbered over all gates, whose barrier is still to come.
    pending: SortedSet<u32>,
    buffers: Vec<InFlightBuffer>,
}

impl InputRecording {
    /// Nothing is recorded yet.
    pub const fn new(checkpoint: u64) -> Self {
        Self { checkpoint, pending: SortedSet::new(), buffers: Vec::new() }
    }

    /// The checkpoint.
    pub const fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// The barrier of a channel is still to come: what comes before it is recorded.
    pub fn await_barrier(&mut self, channel: u32) {
        self.pending.insert(channel);
    }

    /// The barrier of a channel came, or nothing comes any more.
    pub fn stop(&mut self, channel: u32) {
        self.pending.remove(&channel);
    }

    /// Whether what comes over a channel is recorded.
    pub fn is_pending(&self, channel: u32) -> bool {
        self.pending.contains(&channel)
    }

    /// Records a buffer.
    pub fn add(&mut self, gate: u32, channel: u32, partial_record_bytes: u32, bytes: Rc<Vec<u8>>) {
        if !bytes.is_empty() {
            self.buffers.push(InFlightBuffer { gate, channel, partial_record_bytes, bytes });
        }
    }

    /// What was recorded so far.
    pub fn buffers(&self) -> &[InFlightBuffer] {
        &self.buffers
    }

    /// What was recorded.
    pub fn into_buffers(self) -> Vec<InFlightBuffer> {
        self.buffers
    }
}

/// Handles of what was recorded, one a channel, over shared bytes. Flink: `ChannelStateCheckpointWriter`.
pub fn handles(buffers: &[InFlightBuffer], subtask_idx: u32) -> Vec<ChannelStateHandle> {
    let channels: SortedSet<(u32, u32)> = {
        let mut channels = SortedSet::new();
        for buffer in buffers {
            channels.insert((buffer.gate, buffer.channel));
        }
        channels
    };
    let mut data = begin_file(FileKind::Channel);
    let mut ranges = Vec::new();
    for (gate, channel) in channels {
        let (start, mut offsets) = (data.len() as u64, Vec::new());
        for buffer in buffers.iter().filter(|buffer| (buffer.gate, buffer.channel) == (gate, channel)) {
            offsets.push(data.len() as u64);
            data.extend((buffer.bytes.len() as u32).to_be_bytes());
            data.extend(buffer.partial_record_bytes.to_be_bytes());
            data.extend_from_slice(&buffer.bytes);
        }
        ranges.push((gate, channel, offsets, data.len() as u64 - start));
    }
    let data = end_file(data);
    let handle = |(gate, channel, offsets, size): (u32, u32, Vec<u64>, u64)| ChannelStateHandle {
        subtask_idx,
        gate,
        channel,
        offsets: offsets.into(),
        size,
        data: StreamStateHandle::Bytes(Rc::clone(&data)),
    };
    ranges.into_iter().map(handle).collect()
}

/// The buffers of a channel, read from the bytes of its handle.
pub fn buffers_of(handle: &ChannelStateHandle, bytes: &[u8]) -> Vec<InFlightBuffer> {
    let number = |at: usize| {
        let bytes: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes are four bytes");
        u32::from_be_bytes(bytes)
    };
    let buffer = |&offset: &u64| {
        let at = offset as usize;
        let length = number(at) as usize;
        InFlightBuffer {
            gate: handle.gate,
            channel: handle.channel,
            partial_record_bytes: number(at + 4),
            bytes: Rc::new(bytes[at + 8..at + 8 + length].to_vec()),
        }
    };
    handle.offsets.iter().map(buffer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_gets_back_what_was_recorded_for_it_in_order() {
        let mut recording = InputRecording::new(1);
        for (gate, channel, byte) in [(0, 1, 1_u8), (1, 0, 2), (0, 1, 3), (0, 0, 4)] {
            recording.add(gate, channel, u32::from(byte / 3), Rc::new(vec![byte; byte as usize]));
        }
        recording.add(0, 0, 0, Rc::default());
        let handles = handles(&recording.into_buffers(), 7);
        let read: Vec<_> = handles
            .iter()
            .map(|handle| {
                let StreamStateHandle::Bytes(bytes) = &handle.data else { panic!("they are inline") };
                let buffers = buffers_of(handle, bytes);
                let lengths: Vec<_> =
                    buffers.iter().map(|b| (b.bytes.len(), b.partial_record_bytes)).collect();
                ((handle.gate, handle.channel), lengths, handle.size)
            })
            .collect();
        assert_eq!(
            read,
            [((0, 0), vec![(4, 1)], 12), ((0, 1), vec![(1, 0), (3, 1)], 20), ((1, 0), vec![(2, 0)], 10)]
        );
    }
}
