//! The inputs of a task: which gate is read next, and the records that come out of its channels.
//!
//! Contract: one record or one event a call. Inputs take turns while both have something; the gates of one
//! input (a union) take turns too. Flink: `StreamOneInputProcessor`, `StreamMultipleInputProcessor`,
//! `UnionInputGate`.

mod recording;
mod recovery;

use std::collections::VecDeque;
use std::rc::Rc;

use self::recording::InFlightRecord;
use self::recovery::{RecoveredBuffer, Recovery};
use super::descriptor::TaskDescriptor;
use super::environment::TaskEnvironment;
use crate::base::sort::sort_few_by_key;
use crate::network::buffer::DataType;
use crate::network::channel::{ChannelSource, InputChannel};
use crate::network::deserializer::RecordDeserializer;
use crate::network::error::NetworkError;
use crate::network::event::Event;
use crate::network::shuffle::{GateIdx, ShuffleEnvironment};
use crate::record::{LatencyMarker, StreamElement, Value, deserialize, deserialize_record};
use crate::time::valve::{StatusWatermarkValve, ValveOutput};

/// What an input gives.
#[derive(Debug)]
pub enum InputItem {
    /// A record of input `input`.
    Record { input: u8, value: Value, timestamp: Option<i64> },
    /// A restored record of input `input` that other subtasks get too: it came over this gate, whose partitioner tells
    /// whose it is.
    Ambiguous { input: u8, gate: u32, value: Value, timestamp: Option<i64> },
    /// What comes of a watermark or a status on a channel of `input`; often nothing.
    Time { input: u8, output: ValveOutput },
    /// A latency marker, of whichever input.
    LatencyMarker(LatencyMarker),
    /// All channels of `input` have ended their data; `drain`: for good.
    EndOfInput { input: u8, drain: bool },
    /// Nothing that concerns the operators.
    Nothing,
    /// An event that a channel, numbered over all gates, delivered.
    Event { channel: u32, event: Event },
}

/// One gate as the task sees it.
#[derive(Clone)]
struct GateReader {
    gate: GateIdx,
    /// Its place among the gates of the task, in job-edge order.
    place: u32,
    /// Number of its first channel over all gates of the task.
    first_channel: u32,
    deserializers: Vec<RecordDeserializer>,
    channels_with_data: u32,
}

/// One logical input: the gates of all job edges that lead to it.
#[derive(Clone)]
struct Input {
    number: u8,
    gates: Vec<GateReader>,
    next_gate: usize,
    /// Gate and channel whose buffer is being read.
    current: Option<(usize, usize)>,
    /// The channels of all gates, one after the other.
    valve: StatusWatermarkValve,
    /// Until all that was restored has come.
    recovery: Option<Box<Recovery>>,
    /// Whether a channel ended its data since the job stops, not since there is no more.
    is_stopped: bool,
}

/// See the module.
#[derive(Clone, Default)]
pub struct TaskInputs {
    inputs: Vec<Input>,
    next_input: usize,
    /// What is taken note of for checkpoints.
    record: InFlightRecord,
    /// Restored buffers that are still to be read, those of each channel in their order.
    recovered: VecDeque<RecoveredBuffer>,
}

impl TaskInputs {
    /// Creates the gates of a task in its TaskManager; nothing is requested yet.
    ///
    /// # Errors
    /// The network memory does not suffice.
    pub fn create(
        descriptor: &TaskDescriptor,
        shuffle: &mut ShuffleEnvironment,
    ) -> Result<Self, NetworkError> {
        let mut inputs: Vec<Input> = Vec::new();
        let close = |inputs: &[Input], shuffle: &mut ShuffleEnvironment| {
            inputs.iter().flat_map(|input| &input.gates).for_each(|reader| shuffle.close_gate(reader.gate));
        };
        let mut first_channel = 0;
        for (place, gate) in (0..).zip(&descriptor.gates) {
            let here = shuffle.here();
            let channels = gate.channels.iter().map(|channel| {
                let source = ChannelSource::of(channel.producer, here);
                InputChannel::new(channel.channel, channel.partition, channel.subpartition, source)
            });
            let created = shuffle.create_gate(channels.collect()).inspect_err(|_| close(&inputs, shuffle))?;
            let reader = GateReader {
                deserializers: vec![RecordDeserializer::default(); gate.channels.len()],
                channels_with_data: gate.channels.len() as u32,
                gate: created,
                place,
                first_channel,
            };
            first_channel += gate.channels.len() as u32;
            match inputs.iter_mut().find(|input| input.number == gate.input) {
                Some(input) => input.gates.push(reader),
                None => inputs.push(Input {
                    number: gate.input,
                    gates: vec![reader],
                    next_gate: 0,
                    current: None,
                    valve: StatusWatermarkValve::new(0),
                    recovery: None,
                    is_stopped: false,
                }),
            }
        }
        sort_few_by_key(&mut inputs, |input| input.number);
        for input in &mut inputs {
            let channels = input.gates.iter().map(|reader| reader.deserializers.len()).sum::<usize>();
            input.valve = StatusWatermarkValve::new(channels as u32);
        }
        let record = InFlightRecord::of_channels(first_channel);
        Ok(Self { inputs, next_input: 0, record, recovered: VecDeque::new() })
    }

    /// Exclusive segments that its channels wait for.
    pub fn awaited(&self, shuffle: &ShuffleEnvironment) -> u32 {
        self.gates().map(|gate| shuffle.awaited_by(gate)).sum()
    }

    /// Gives its channels the exclusive segments that are free by now. Answers whether each has its own.
    pub fn equip(&self, shuffle: &mut ShuffleEnvironment) -> bool {
        self.gates().all(|gate| shuffle.equip_gate(gate))
    }

    /// Connects all channels.
    pub fn request_partitions(&self, shuffle: &mut ShuffleEnvironment, now: u64) {
        for gate in self.gates() {
            shuffle.request_partitions(gate, now);
        }
    }

    /// The gates, input by input.
    pub fn gates(&self) -> impl Iterator<Item = GateIdx> {
        self.inputs.iter().flat_map(|input| input.gates.iter().map(|reader| reader.gate))
    }

    /// The deserializer of a channel, by the gate's number among all gates of the task in job-edge order.
    pub fn deserializer(&self, gate: GateIdx, channel: u32) -> Option<&RecordDeserializer> {
        let reader = self.inputs.iter().flat_map(|input| &input.gates).find(|reader| reader.gate == gate)?;
        reader.deserializers.get(channel as usize)
    }

    /// The valve of each input, by its number.
    pub fn valves(&self) -> impl Iterator<Item = (u8, &StatusWatermarkValve)> {
        self.inputs.iter().map(|input| (input.number, &input.valve))
    }

    /// Whether there is an input at all (a source has none).
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Whether a call of [`Self::next`] can give something.
    pub fn has_data(&self, shuffle: &ShuffleEnvironment) -> bool {
        self.inputs.iter().any(|input| input.has_data(shuffle))
    }

    /// The same for inputs of some numbers.
    pub fn has_data_of(&self, shuffle: &ShuffleEnvironment, is_wanted: impl Fn(u8) -> bool) -> bool {
        self.inputs.iter().any(|input| is_wanted(input.number) && input.has_data(shuffle))
    }

    /// Whether every channel has delivered its end.
    pub fn is_ended(&self, shuffle: &ShuffleEnvironment) -> bool {
        self.gates().all(|gate| shuffle.gate(gate).is_ended())
    }

    /// Whether an event waits that overtakes.
    pub fn has_priority(&self, shuffle: &ShuffleEnvironment) -> bool {
        self.gates().any(|gate| shuffle.gate(gate).has_priority())
    }

    /// The next event that overtakes, if there is one.
    ///
    /// # Errors
    /// What went wrong on a channel.
    pub fn next_priority(
        &mut self,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Option<InputItem>, NetworkError> {
        for input in &mut self.inputs {
            for gate in 0..input.gates.len() {
                let reader = &input.gates[gate];
                let Some((channel, buffer)) = env.shuffle.poll_priority(reader.gate)? else { continue };
                self.record.on_buffer(reader, channel, &buffer, env.shuffle);
                let DataType::Event(event) = buffer.data_type else { panic!("only events overtake") };
                return Ok(Some(input.on_event(gate, channel, event, env.shuffle)));
            }
        }
        Ok(None)
    }

    /// The next record, of the only input, where it stands within a buffer that is being read: the way of most. What is at
    /// hand otherwise [`Self::next`] gives.
    #[inline(always)]
    pub fn next_within(&mut self, spare: &mut Option<Rc<[Value]>>) -> Option<(u8, Value, Option<i64>)> {
        let [Input { number, gates, current: Some((gate, channel)), recovery: None, .. }] =
            &mut self.inputs[..]
        else {
            return None;
        };
        let reader = &mut gates.as_mut_slice()[*gate];
        let deserializer = &mut reader.deserializers.as_mut_slice()[*channel];
        let (value, timestamp) = deserializer.next_within(|body| deserialize_record(body, spare))?;
        Some((*number, value, timestamp))
    }

    /// The next record or event, if there is one.
    ///
    /// # Errors
    /// What went wrong on a channel.
    pub fn next(&mut self, env: &mut TaskEnvironment<'_>) -> Result<Option<InputItem>, NetworkError> {
        match &mut self.inputs[..] {
            [input] => input.next(&mut self.record, env),
            _ => self.next_of(env, |_| true),
        }
    }

    /// The same of inputs of some numbers.
    pub fn next_of(
        &mut self,
        env: &mut TaskEnvironment<'_>,
        is_wanted: impl Fn(u8) -> bool,
    ) -> Result<Option<InputItem>, NetworkError> {
        let count = self.inputs.len();
        for offset in 0..count {
            let place = (self.next_input + offset) % count;
            if !is_wanted(self.inputs[place].number) {
                continue;
            }
            if let Some(item) = self.inputs[place].next(&mut self.record, env)? {
                self.next_input = (place + 1) % count;
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Gives back every buffer that was taken and not read to its end, and closes the gates.
    pub fn release(&mut self, shuffle: &mut ShuffleEnvironment) {
        for input in &mut self.inputs {
            input.current = None;
            for reader in &mut input.gates {
                for (channel, deserializer) in (0..).zip(&mut reader.deserializers) {
                    if let Some(buffer) = deserializer.take_buffer() {
                        shuffle.recycle(reader.gate, channel, &buffer);
                    }
                }
                shuffle.close_gate(reader.gate);
            }
        }
    }
}

impl Input {
    fn has_data(&self, shuffle: &ShuffleEnvironment) -> bool {
        self.current.is_some() || self.gates.iter().any(|reader| shuffle.gate(reader.gate).has_data())
    }

    fn next(
        &mut self,
        record: &mut InFlightRecord,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Option<InputItem>, NetworkError> {
        loop {
            if let Some((gate, channel)) = self.current {
                let reader = &mut self.gates[gate];
                let deserializer = &mut reader.deserializers[channel];
                let element = deserializer.next_record(deserialize);
                if let Some(buffer) = deserializer.take_consumed() {
                    env.shuffle.recycle(reader.gate, channel as u32, &buffer);
                    self.current = None;
                }
                if let Some(element) = element {
                    let element = element.expect("what a record writer wrote can be read");
                    return Ok(Some(self.on_element(gate, channel as u32, element)));
                }
                assert!(self.current.is_none(), "a buffer without a further record is read to its end");
            }
            let Some((gate, channel, data_type)) = self.poll_gates(record, env)? else { return Ok(None) };
            match data_type {
                DataType::Data => self.current = Some((gate, channel)),
                DataType::Event(event) => {
                    return Ok(Some(self.on_event(gate, channel as u32, event, env.shuffle)));
                }
            }
        }
    }

    /// Takes the next buffer of the gates in turn and hands data to its channel's deserializer.
    fn poll_gates(
        &mut self,
        record: &mut InFlightRecord,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Option<(usize, usize, DataType)>, NetworkError> {
        let count = self.gates.len();
        for offset in 0..count {
            let place = (self.next_gate + offset) % count;
            let reader = &mut self.gates[place];
            if let Some((channel, buffer)) = env.shuffle.poll_gate(reader.gate)? {
                self.next_gate = (place + 1) % count;
                let data_type = buffer.data_type;
                record.on_buffer(reader, channel, &buffer, env.shuffle);
                if data_type.is_data() {
                    reader.deserializers[channel as usize].set_buffer(buffer);
                }
                return Ok(Some((place, channel as usize, data_type)));
            }
        }
        Ok(None)
    }

    #[inline(always)]
    fn on_element(&mut self, gate: usize, channel: u32, element: StreamElement) -> InputItem {
        let input = self.number;
        if self.recovery.is_some() {
            return self.on_recovered_element(gate, channel, element);
        }
        let output = match element {
            StreamElement::Record { value, timestamp } => {
                return InputItem::Record { input, value, timestamp };
            }
            StreamElement::Watermark(watermark) => {
                self.valve.input_watermark(self.valve_channel(gate, channel), watermark)
            }
            StreamElement::WatermarkStatus(status) => {
                self.valve.input_status(self.valve_channel(gate, channel), status)
            }
            StreamElement::LatencyMarker(marker) => return InputItem::LatencyMarker(marker),
        };
        InputItem::Time { input, output }
    }

    fn valve_channel(&self, gate: usize, channel: u32) -> u32 {
        let before: usize = self.gates[..gate].iter().map(|reader| reader.deserializers.len()).sum();
        before as u32 + channel
    }

    fn on_event(
        &mut self,
        gate: usize,
        channel: u32,
        event: Event,
        shuffle: &mut ShuffleEnvironment,
    ) -> InputItem {
        if self.recovery.is_some() && self.on_recovery_event(gate, channel, event, shuffle) {
            return InputItem::Nothing;
        }
        if let Event::EndOfData { drain } = event {
            let reader = &mut self.gates[gate];
            shuffle.acknowledge_all_records_processed(reader.gate, channel);
            assert!(reader.channels_with_data > 0, "a channel ends its data once");
            reader.channels_with_data -= 1;
            self.is_stopped |= !drain;
            if self.gates.iter().all(|reader| reader.channels_with_data == 0) {
                return InputItem::EndOfInput { input: self.number, drain: !self.is_stopped };
            }
        }
        InputItem::Event { channel: self.gates[gate].first_channel + channel, event }
    }
}
