//! Records that were on their way to a task when the checkpoint was taken, and come again before all others.
//!
//! Contract: each record is put together of the bytes of one old channel, also where a channel takes the place of several
//! that differ in what they carry: then a virtual channel for each of them. A channel gives nothing new before all channels
//! of its input have given all that was restored. Flink: `RecoveredInputChannel`, `InputChannelRecoveredStateHandler`,
//! `RescalingStreamTaskNetworkInput`, `DemultiplexingRecordDeserializer`, `UpstreamRecoveryTracker`.

use super::{GateReader, Input, InputItem, TaskInputs};
use crate::checkpoint::handles::InflightDataRescaling;
use crate::network::buffer::Buffer;
use crate::network::deserializer::RecordDeserializer;
use crate::network::error::NetworkError;
use crate::network::event::Event;
use crate::network::shuffle::ShuffleEnvironment;
use crate::record::{StreamElement, WatermarkStatus};
use crate::task::checkpointing::in_flight::InFlightBuffer;
use crate::task::environment::TaskEnvironment;

/// Between which old subtasks something was on its way: to, from.
type Between = (u32, u32);

/// A restored buffer that is still to be read.
#[derive(Clone)]
pub(super) struct RecoveredBuffer {
    /// The channel, numbered over all gates.
    channel: u32,
    between: Option<Between>,
    buffer: Buffer,
}

/// What an input waits for while it is restored.
#[derive(Clone)]
pub(super) struct Recovery {
    /// Channels whose mark is still to come.
    awaited: u32,
    /// By channel, over all gates of the input: those that it takes the place of; nothing where that is itself.
    channels: Vec<Vec<VirtualChannel>>,
    /// By channel: which of them is read.
    selected: Vec<Option<usize>>,
}

/// An old channel. Flink: `DemultiplexingRecordDeserializer.VirtualChannel`.
#[derive(Clone)]
struct VirtualChannel {
    between: Between,
    /// Whether other subtasks get its records too.
    is_ambiguous: bool,
    /// The beginning of a record whose rest is still to come, while another one is read.
    spanning: Vec<u8>,
    watermark: i64,
    is_active: bool,
}

impl Recovery {
    fn new(gates: &[GateReader], rescaling: &[Option<InflightDataRescaling>]) -> Self {
        let mut channels = Vec::new();
        for reader in gates {
            let rescaling = rescaling.get(reader.place as usize).and_then(Option::as_ref);
            for channel in 0..reader.deserializers.len() {
                channels.push(rescaling.map_or_else(Vec::new, |it| virtual_channels(it, channel)));
            }
        }
        Self { awaited: channels.len() as u32, selected: vec![None; channels.len()], channels }
    }

    /// What comes next over a channel was on its way between these subtasks.
    fn select(&mut self, channel: u32, between: Between, deserializer: &mut RecordDeserializer) {
        let (channels, selected) =
            (&mut self.channels[channel as usize], &mut self.selected[channel as usize]);
        if let Some(selected) = *selected {
            deserializer.swap_spanning(&mut channels[selected].spanning);
        }
        let next = channels.iter().position(|channel| channel.between == between);
        let next = next.unwrap_or_else(|| panic!("nothing between {between:?} comes over channel {channel}"));
        deserializer.swap_spanning(&mut channels[next].spanning);
        *selected = Some(next);
    }

    /// What an element of a channel means, and whether others get it too: no watermark is behind any old channel's.
    fn on_element(&mut self, channel: u32, element: StreamElement) -> Option<(StreamElement, bool)> {
        let channels = &mut self.channels[channel as usize];
        let Some(selected) = self.selected[channel as usize] else {
            assert!(channels.is_empty(), "it was not said where a record comes from");
            return Some((element, false));
        };
        let own = &mut channels[selected];
        match element {
            StreamElement::Record { .. } => Some((element, own.is_ambiguous)),
            // It says how long a record took, which after a rest between two runs means nothing.
            StreamElement::LatencyMarker(_) => None,
            StreamElement::Watermark(watermark) => {
                own.watermark = watermark;
                let least = channels.iter().map(|channel| channel.watermark).min()?;
                (least > i64::MIN).then_some((StreamElement::Watermark(least), false))
            }
            StreamElement::WatermarkStatus(status) => {
                own.is_active = status == WatermarkStatus::Active;
                let is_active = channels.iter().any(|channel| channel.is_active);
                let status = if is_active { WatermarkStatus::Active } else { status };
                Some((StreamElement::WatermarkStatus(status), false))
            }
        }
    }

    /// A channel has given all that was restored. Answers whether it was the last one.
    const fn on_end_of_channel(&mut self) -> bool {
        self.awaited -= 1;
        self.awaited == 0
    }

    fn is_rescaled(&self) -> bool {
        self.channels.iter().any(|channels| !channels.is_empty())
    }
}

/// The old channels that a channel of a gate takes the place of. Flink: `DemultiplexingRecordDeserializer#create`.
fn virtual_channels(rescaling: &InflightDataRescaling, channel: usize) -> Vec<VirtualChannel> {
    let mut channels = Vec::new();
    for &to in rescaling.old_subtasks.iter() {
        for &from in rescaling.old_channels[channel].iter() {
            channels.push(VirtualChannel {
                between: (to, from),
                is_ambiguous: rescaling.ambiguous.contains(&to),
                spanning: Vec::new(),
                watermark: i64::MIN,
                is_active: true,
            });
        }
    }
    channels
}

impl Input {
    /// An element that was restored, or may have been.
    pub(super) fn on_recovered_element(
        &mut self,
        gate: usize,
        channel: u32,
        element: StreamElement,
    ) -> InputItem {
        let place = self.valve_channel(gate, channel);
        let Some(mut recovery) = self.recovery.take() else { return InputItem::Nothing };
        let item = match recovery.on_element(place, element) {
            None => InputItem::Nothing,
            Some((StreamElement::Record { value, timestamp }, true)) => {
                let (input, gate) = (self.number, self.gates[gate].place);
                InputItem::Ambiguous { input, gate, value, timestamp }
            }
            Some((element, _)) => self.on_element(gate, channel, element),
        };
        self.recovery = Some(recovery);
        item
    }

    /// An event that comes between restored buffers, or behind the last one. Answers whether it was one.
    pub(super) fn on_recovery_event(
        &mut self,
        gate: usize,
        channel: u32,
        event: Event,
        shuffle: &mut ShuffleEnvironment,
    ) -> bool {
        let place = self.valve_channel(gate, channel);
        let Some(recovery) = &mut self.recovery else { return false };
        match event {
            Event::SubtaskConnectionDescriptor { input_subtask, output_subtask } => {
                let deserializer = &mut self.gates[gate].deserializers[channel as usize];
                recovery.select(place, (input_subtask, output_subtask), deserializer);
            }
            Event::EndOfOutputChannelState => {
                if recovery.on_end_of_channel() {
                    self.finish_recovery(shuffle);
                }
            }
            _ => return false,
        }
        true
    }

    /// All channels have given what was restored: they go on with what is new. Flink: `finishRecovery`.
    fn finish_recovery(&mut self, shuffle: &mut ShuffleEnvironment) {
        let Some(recovery) = self.recovery.take() else { return };
        let mut channels = recovery.channels.into_iter().zip(recovery.selected);
        for reader in &mut self.gates {
            for (place, deserializer) in (0..).zip(&mut reader.deserializers) {
                let (mut virtual_channels, selected) = channels.next().expect("there is one for each");
                if let Some(selected) = selected {
                    deserializer.swap_spanning(&mut virtual_channels[selected].spanning);
                }
                let is_whole = virtual_channels.iter().all(|channel| channel.spanning.is_empty());
                assert!(is_whole, "a restored record has no end");
                let channel = &shuffle.gate(reader.gate).channels()[place as usize];
                if channel.is_blocked && channel.error.is_none() {
                    shuffle.resume_consumption(reader.gate, place);
                }
            }
        }
    }
}

impl TaskInputs {
    /// Gives the channels what was on its way to them when the checkpoint was taken, with the subtask that was to read
    /// it: it is read before anything else, and so is what comes before the mark of each channel.
    pub fn recover(
        &mut self,
        buffers: Vec<(u32, InFlightBuffer)>,
        rescaling: &[Option<InflightDataRescaling>],
    ) {
        for input in &mut self.inputs {
            input.recovery = Some(Box::new(Recovery::new(&input.gates, rescaling)));
        }
        for (to, buffer) in buffers {
            let mut readers = self.inputs.iter().flat_map(|input| &input.gates);
            let Some(reader) = readers.find(|reader| reader.place == buffer.gate) else { continue };
            let restored = Buffer::recovered(buffer.bytes, buffer.partial_record_bytes);
            let from = buffer.channel;
            let Some(Some(rescaling)) = rescaling.get(buffer.gate as usize) else {
                let channel = reader.first_channel + from;
                self.recovered.push_back(RecoveredBuffer { channel, between: None, buffer: restored });
                continue;
            };
            for (place, old) in (0..).zip(rescaling.old_channels.iter()) {
                if old.contains(&from) {
                    self.recovered.push_back(RecoveredBuffer {
                        channel: reader.first_channel + place,
                        between: Some((to, from)),
                        buffer: restored.clone(),
                    });
                }
            }
        }
    }

    /// Whether restored buffers are still to be read.
    pub fn is_recovering(&self) -> bool {
        !self.recovered.is_empty() || self.inputs.iter().any(|input| input.current.is_some())
    }

    /// Whether records may still come that were on their way between other subtasks: what of them is in flight cannot be
    /// part of a checkpoint. Flink: `RescalingStreamTaskNetworkInput#prepareSnapshot`.
    pub fn is_rescaling(&self) -> bool {
        self.inputs.iter().any(|input| input.recovery.as_ref().is_some_and(|it| it.is_rescaled()))
    }

    /// The next record of what was restored.
    ///
    /// # Errors
    /// What went wrong on a channel.
    pub fn next_recovered(
        &mut self,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Option<InputItem>, NetworkError> {
        loop {
            for input in self.inputs.iter_mut().filter(|input| input.current.is_some()) {
                // A gate that has not asked for its partitions has nothing else to give.
                if let Some(item) = input.next(&mut self.record, env)? {
                    return Ok(Some(item));
                }
            }
            let Some(recovered) = self.recovered.pop_front() else { return Ok(None) };
            for input in &mut self.inputs {
                input.take_recovered(&recovered);
            }
        }
    }
}

impl Input {
    /// Begins to read a restored buffer, if it is of one of the input's channels.
    fn take_recovered(&mut self, recovered: &RecoveredBuffer) {
        let mut before = 0;
        for (gate, reader) in self.gates.iter_mut().enumerate() {
            let count = reader.deserializers.len() as u32;
            if (reader.first_channel..reader.first_channel + count).contains(&recovered.channel) {
                let channel = recovered.channel - reader.first_channel;
                let deserializer = &mut reader.deserializers[channel as usize];
                if let (Some(between), Some(recovery)) = (recovered.between, &mut self.recovery) {
                    recovery.select(before + channel, between, deserializer);
                }
                deserializer.set_recovered(recovered.buffer.clone());
                self.current = Some((gate, channel as usize));
            }
            before += count;
        }
    }
}
