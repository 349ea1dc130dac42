//! What of the buffers that a task takes belongs to an unaligned checkpoint. Flink: `ChannelStatePersister`,
//! `StreamTaskNetworkInput#prepareSnapshot`.

use std::rc::Rc;

use super::{GateReader, TaskInputs};
use crate::network::buffer::{Buffer, DataType};
use crate::network::event::Event;
use crate::network::shuffle::ShuffleEnvironment;
use crate::task::checkpointing::cut::ChannelCut;
use crate::task::checkpointing::in_flight::InputRecording;

/// Beside the gates, so that a poll can take note of what it gives.
#[derive(Clone, Default)]
pub(super) struct InFlightRecord {
    /// The newest barrier of each channel, over all gates: its checkpoint and its sequence number.
    barriers: Vec<(u64, u32)>,
    recording: Option<InputRecording>,
    data_bytes: u64,
}

impl InFlightRecord {
    pub(super) fn of_channels(count: u32) -> Self {
        Self { barriers: vec![(0, 0); count as usize], ..Self::default() }
    }

    /// A buffer was taken from a gate.
    pub(super) fn on_buffer(
        &mut self,
        reader: &GateReader,
        channel: u32,
        buffer: &Buffer,
        shuffle: &ShuffleEnvironment,
    ) {
        let number = reader.first_channel + channel;
        match buffer.data_type {
            DataType::Data => {
                self.data_bytes += buffer.bytes.len() as u64;
                if let Some(recording) = self.recording.as_mut().filter(|r| r.is_pending(number)) {
                    recording.add(
                        reader.place,
                        channel,
                        buffer.partial_record_bytes,
                        Rc::clone(&buffer.bytes),
                    );
                }
            }
            DataType::Event(Event::CheckpointBarrier(barrier)) => {
                self.on_barrier(reader, channel, (barrier.id, buffer.sequence_number), shuffle);
            }
            DataType::Event(Event::EndOfPartition) => {
                if let Some(recording) = &mut self.recording {
                    recording.stop(number);
                }
            }
            DataType::Event(_) => {}
        }
    }

    /// The barrier of a channel is there: what was received before it and is not read yet is in flight.
    fn on_barrier(
        &mut self,
        reader: &GateReader,
        channel: u32,
        (checkpoint, sequence_number): (u64, u32),
        shuffle: &ShuffleEnvironment,
    ) {
        let number = reader.first_channel + channel;
        self.barriers[number as usize] = (checkpoint, sequence_number);
        // The barrier of an older checkpoint, which was given up, may come after that of another channel.
        let of_recording = |r: &&mut InputRecording| r.is_pending(number) && r.checkpoint() <= checkpoint;
        if let Some(recording) = self.recording.as_mut().filter(of_recording) {
            recording.stop(number);
            record_received(recording, reader, channel, sequence_number, shuffle);
        }
    }
}

/// Records the data that a remote channel has received before its barrier.
fn record_received(
    recording: &mut InputRecording,
    reader: &GateReader,
    channel: u32,
    before: u32,
    shuffle: &ShuffleEnvironment,
) {
    if let Some(remote) = shuffle.gate(reader.gate).channels()[channel as usize].remote() {
        let data = remote.received.iter().filter(|buffer| buffer.data_type.is_data());
        for buffer in data.filter(|buffer| buffer.sequence_number < before) {
            recording.add(reader.place, channel, buffer.partial_record_bytes, Rc::clone(&buffer.bytes));
        }
    }
}

impl TaskInputs {
    /// Bytes of data that were taken from the gates.
    pub const fn data_bytes(&self) -> u64 {
        self.record.data_bytes
    }

    /// What is recorded for an unaligned checkpoint.
    pub const fn recording(&self) -> Option<&InputRecording> {
        self.record.recording.as_ref()
    }

    /// The newest checkpoint whose barrier a channel, numbered over all gates, has delivered; 0: none.
    pub fn newest_barrier(&self, channel: u32) -> u64 {
        self.record.barriers[channel as usize].0
    }

    /// From now on what comes before a channel's barrier is recorded, and so is what of each channel is taken and not
    /// read to its end.
    pub fn start_recording(&mut self, checkpoint: u64, shuffle: &ShuffleEnvironment) {
        let mut recording = InputRecording::new(checkpoint);
        for reader in self.inputs.iter().flat_map(|input| &input.gates) {
            for (channel, deserializer) in (0..).zip(&reader.deserializers) {
                let number = reader.first_channel + channel;
                recording.add(reader.place, channel, 0, Rc::new(deserializer.unconsumed()));
                let (barrier, sequence_number) = self.record.barriers[number as usize];
                if barrier >= checkpoint {
                    record_received(&mut recording, reader, channel, sequence_number, shuffle);
                } else if !shuffle.gate(reader.gate).channels()[channel as usize].is_ended {
                    recording.await_barrier(number);
                }
            }
        }
        self.record.recording = Some(recording);
    }

    /// Takes what was recorded for a checkpoint.
    pub fn take_recording(&mut self, checkpoint: u64) -> Option<InputRecording> {
        self.record.recording.take_if(|recording| recording.checkpoint() == checkpoint)
    }

    /// What came over each channel so far, numbered over all gates.
    pub fn received(&self) -> Vec<ChannelCut> {
        let mut received = vec![ChannelCut::default(); self.record.barriers.len()];
        for reader in self.inputs.iter().flat_map(|input| &input.gates) {
            for (number, deserializer) in (reader.first_channel..).zip(&reader.deserializers) {
                let unread = deserializer.unconsumed().len() as u64;
                received[number as usize] = ChannelCut { digest: *deserializer.digest(), unread };
            }
        }
        received
    }

    /// Channels, numbered over all gates, that have not delivered their end.
    pub fn open_channels(&self, shuffle: &ShuffleEnvironment) -> Vec<u32> {
        let mut open = Vec::new();
        for reader in self.inputs.iter().flat_map(|input| &input.gates) {
            let channels = (reader.first_channel..).zip(shuffle.gate(reader.gate).channels());
            open.extend(channels.filter(|(_, channel)| !channel.is_ended).map(|(number, _)| number));
        }
        open
    }

    /// The JobMaster triggers a checkpoint in place of a channel's barrier.
    pub fn on_trigger(&mut self, channel: u32, checkpoint: u64, shuffle: &ShuffleEnvironment) {
        let Self { inputs, record, .. } = self;
        if let Some((reader, place)) = place_of(inputs, channel) {
            record.on_barrier(reader, place, (checkpoint, u32::MAX), shuffle);
        }
    }

    /// A channel goes on behind an event that blocked it.
    pub fn resume(&self, channel: u32, shuffle: &mut ShuffleEnvironment) {
        if let Some((reader, place)) = place_of(&self.inputs, channel) {
            let channel = &shuffle.gate(reader.gate).channels()[place as usize];
            if channel.is_blocked && channel.error.is_none() {
                shuffle.resume_consumption(reader.gate, place);
            }
        }
    }

    /// An announced barrier overtakes what its channel has received.
    pub fn convert_to_priority(&self, channel: u32, sequence_number: u32, shuffle: &mut ShuffleEnvironment) {
        if let Some((reader, place)) = place_of(&self.inputs, channel) {
            shuffle.convert_to_priority(reader.gate, place, sequence_number);
        }
    }
}

/// The gate of a channel, numbered over all gates, and its place there.
fn place_of(inputs: &[super::Input], channel: u32) -> Option<(&GateReader, u32)> {
    let mut readers = inputs.iter().flat_map(|input| &input.gates);
    let holds = |reader: &&GateReader| {
        (reader.first_channel..reader.first_channel + reader.deserializers.len() as u32).contains(&channel)
    };
    readers.find(holds).map(|reader| (reader, channel - reader.first_channel))
}
