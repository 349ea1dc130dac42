//! From a record to a subpartition: chooses the channel, serialises, writes.
//!
//! Contract: the record is serialised once, whatever the number of channels; the memory for it is kept from
//! record to record. Flink: `RecordWriter`, `ChannelSelectorRecordWriter`, `BroadcastRecordWriter`,
//! `StreamPartitioner` and its kinds.

use std::rc::Rc;

use super::descriptor::{FlushPolicy, PartitionDescriptor};
use super::environment::TaskEnvironment;
use crate::base::choice::{Choice, Choices};
use crate::graph::operator_spec::Partitioner;
use crate::network::buffer::SHORT_BYTES;
use crate::network::deserializer::LENGTH_BYTES;
use crate::network::event::Event;
use crate::network::partition::{ResultPartition, SerializedRecord, Written};
use crate::network::shuffle::{PartitionIdx, ShuffleEnvironment};
use crate::operator::context::OperatorContext;
use crate::operator::function::{Method, UserError, UserFunction, UserFunctions};
use crate::operator::key::KeyExtractor;
use crate::record::Value;
use crate::record::{StreamElement, serialize, serialize_longs, serialize_record};
use crate::state::key_groups;

/// See the module.
#[derive(Clone)]
pub struct RecordWriter {
    partition: PartitionIdx,
    subpartitions: u32,
    selector: ChannelSelector,
    flush: FlushPolicy,
    supports_unaligned: bool,
    /// Next tick of the flusher's grid.
    flush_at: u64,
    records_out: u64,
    /// Length prefix and body of the record at hand.
    scratch: Vec<u8>,
    /// What key selectors and partitioners see: no state, no output.
    context: OperatorContext,
}

/// Where a record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Subpartition(u32),
    /// To all of them.
    All,
}

/// Of records that several subtasks get, because they were on their way to others when the checkpoint was taken: which a
/// subtask keeps. Flink: `PartitionerRecordFilter`.
#[derive(Clone)]
pub struct RecordFilter {
    selector: ChannelSelector,
    parallelism: u32,
    subtask_idx: u32,
    context: OperatorContext,
}

impl RecordFilter {
    /// The filter of a subtask behind a gate.
    pub fn new(
        partitioner: &Partitioner,
        key_groups: u32,
        (subtask_idx, parallelism): (u32, u32),
        functions: &Rc<dyn UserFunctions>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Self, UserError> {
        Ok(Self {
            selector: ChannelSelector::new(partitioner, key_groups, parallelism, functions, env)?,
            parallelism,
            subtask_idx,
            context: OperatorContext { functions: Some(Rc::clone(functions)), ..OperatorContext::default() },
        })
    }

    /// Whether a record is the subtask's own.
    pub fn keeps(&mut self, value: &Value) -> Result<bool, UserError> {
        let channel = self.selector.channel_of(value, self.parallelism, &mut self.context)?;
        Ok(channel.is_none_or(|channel| channel == self.subtask_idx))
    }
}

#[derive(Clone)]
enum ChannelSelector {
    First,
    /// Round robin from `next`; rebalance and rescale differ in where they begin.
    RoundRobin {
        next: u32,
    },
    Shuffle,
    Broadcast,
    Hash {
        key: KeyExtractor,
        key_groups: u32,
    },
    Custom {
        function: Rc<dyn UserFunction>,
        key: KeyExtractor,
    },
}

impl ChannelSelector {
    fn new(
        partitioner: &Partitioner,
        key_groups: u32,
        channels: u32,
        functions: &Rc<dyn UserFunctions>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Self, UserError> {
        Ok(match partitioner {
            Partitioner::Forward | Partitioner::Global => Self::First,
            // Incremented before each record, so one less than the first channel.
            Partitioner::Rebalance => {
                Self::RoundRobin { next: env.choices.choose(channels, Choice::RebalanceStart) }
            }
            Partitioner::Rescale => Self::RoundRobin { next: channels - 1 },
            Partitioner::Shuffle => Self::Shuffle,
            Partitioner::Broadcast => Self::Broadcast,
            Partitioner::Hash(key) => {
                Self::Hash { key: KeyExtractor::new(key, functions.as_ref())?, key_groups }
            }
            Partitioner::Custom { partitioner, key } => Self::Custom {
                function: functions.instantiate(*partitioner)?,
                key: KeyExtractor::new(key, functions.as_ref())?,
            },
        })
    }

    /// The channel of a record, where the record alone decides.
    fn channel_of(
        &self,
        value: &Value,
        channels: u32,
        context: &mut OperatorContext,
    ) -> Result<Option<u32>, UserError> {
        Ok(Some(match self {
            Self::Hash { key, key_groups } => {
                let group = key_groups::assign_to_key_group(&key.extract(value, context)?, *key_groups);
                key_groups::operator_index(group, *key_groups, channels)
            }
            Self::Custom { function, key } => {
                let arguments = [key.extract(value, context)?, Value::Long(i64::from(channels))];
                let answer = function.call(Method::Apply, &arguments, context)?;
                custom_channel(&answer, channels)?
            }
            _ => return Ok(None),
        }))
    }
}

impl RecordWriter {
    /// A writer before a partition that exists already.
    pub fn new(
        descriptor: &PartitionDescriptor,
        partition: PartitionIdx,
        functions: &Rc<dyn UserFunctions>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Self, UserError> {
        let n = descriptor.subpartitions;
        let selector =
            ChannelSelector::new(&descriptor.partitioner, descriptor.key_groups, n, functions, env)?;
        let flush_at = match descriptor.flush {
            FlushPolicy::EveryTicks(ticks) => env.now + ticks,
            _ => u64::MAX,
        };
        let context = OperatorContext { functions: Some(Rc::clone(functions)), ..OperatorContext::default() };
        Ok(Self {
            partition,
            subpartitions: n,
            selector,
            flush: descriptor.flush,
            supports_unaligned: descriptor.supports_unaligned,
            flush_at,
            records_out: 0,
            scratch: Vec::new(),
            context,
        })
    }

    /// Its partition.
    pub const fn partition(&self) -> PartitionIdx {
        self.partition
    }

    /// Records written, whatever the number of channels that each went to.
    pub const fn records_out(&self) -> u64 {
        self.records_out
    }

    /// Chooses where a record goes, and what colour it has; writes it if it `may_write` and there is room behind others
    /// for one like it, or else serialises it, and tells these.
    pub fn prepare(
        &mut self,
        value: &Value,
        timestamp: Option<i64>,
        may_write: bool,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Option<(Target, Option<u32>)>, UserError> {
        self.records_out += 1;
        let (target, dot) = self.target_of(value, env)?;
        if let Target::Subpartition(channel) = target
            && may_write
            && self.flush != FlushPolicy::EachRecord
            && env
                .shuffle
                .emit_short(self.partition, channel, dot, |room| write_short(value, timestamp, room))
        {
            return Ok(None);
        }
        self.serialize(|scratch| serialize_record(value, timestamp, scratch));
        Ok(Some((target, dot)))
    }

    #[inline(always)]
    fn target_of(
        &mut self,
        value: &Value,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(Target, Option<u32>), UserError> {
        let mut dot = None;
        let channel = match &mut self.selector {
            ChannelSelector::First => 0,
            ChannelSelector::RoundRobin { next } => {
                *next = (*next + 1) % self.subpartitions;
                *next
            }
            ChannelSelector::Shuffle => env.choices.choose(self.subpartitions, Choice::ShuffleChannel),
            ChannelSelector::Broadcast => return Ok((Target::All, None)),
            // As `channel_of` has it, with Longs in place, and the hash told.
            ChannelSelector::Hash { key, key_groups } => {
                let hash = key.java_hash(value, &mut self.context)?;
                dot = Some(hash as u32);
                let group = key_groups::assign_hash_to_key_group(hash, *key_groups);
                key_groups::operator_index(group, *key_groups, self.subpartitions)
            }
            selector @ ChannelSelector::Custom { .. } => {
                let chosen = selector.channel_of(value, self.subpartitions, &mut self.context)?;
                chosen.expect("it chooses by the record")
            }
        };
        Ok((Target::Subpartition(channel), dot))
    }

    /// Length prefix and body of what was prepared last.
    pub fn prepared(&self) -> &[u8] {
        &self.scratch
    }

    /// Writes a record, or the rest of one.
    #[inline(always)]
    pub fn write(
        &self,
        target: Target,
        record: SerializedRecord<'_>,
        env: &mut TaskEnvironment<'_>,
    ) -> Written {
        let is_flushed = self.flush == FlushPolicy::EachRecord;
        match target {
            Target::Subpartition(channel) => {
                let written = env.shuffle.emit(self.partition, channel, record);
                if is_flushed && written == Written::Whole {
                    env.shuffle.flush(self.partition, channel);
                }
                written
            }
            Target::All => {
                let written = env.shuffle.broadcast(self.partition, record);
                if is_flushed && written == Written::Whole {
                    env.shuffle.flush_all(self.partition);
                }
                written
            }
        }
    }

    /// Serialises an element that is no record, and tells the ways that it goes: each channel for itself, unless
    /// records go to all channels too. Flink: `RecordWriter#broadcastEmit`.
    pub fn prepare_element(&mut self, element: &StreamElement) -> impl Iterator<Item = Target> + use<> {
        self.serialize(|scratch| serialize(element, scratch));
        let is_broadcast = matches!(self.selector, ChannelSelector::Broadcast);
        let channels = if is_broadcast { 0 } else { self.subpartitions };
        (0..channels).map(Target::Subpartition).chain(is_broadcast.then_some(Target::All))
    }

    /// Serialises an element that goes to one channel, whichever. Flink: `RecordWriter#randomEmit`.
    pub fn prepare_for_any(&mut self, element: &StreamElement, choices: &mut Choices) -> Target {
        self.serialize(|scratch| serialize(element, scratch));
        Target::Subpartition(choices.choose(self.subpartitions, Choice::LatencyMarkerChannel))
    }

    fn serialize(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&[0; LENGTH_BYTES]);
        write(&mut self.scratch);
        let length = self.scratch.len() - LENGTH_BYTES;
        set_length(&mut self.scratch, length);
    }

    /// Adds an event to every channel and makes it visible. Answers the event as it is sent here.
    pub fn broadcast_event(&self, event: Event, env: &mut TaskEnvironment<'_>) -> Event {
        let event = match event {
            Event::CheckpointBarrier(barrier) if !self.supports_unaligned => {
                let options = barrier.options.with_unaligned_unsupported();
                Event::CheckpointBarrier(barrier.with_options(options))
            }
            event => event,
        };
        env.shuffle.broadcast_event(self.partition, event);
        env.shuffle.flush_all(self.partition);
        event
    }

    /// The tick at which the flusher has something to do, if it has.
    pub fn next_flush(&self, shuffle: &ShuffleEnvironment, now: u64) -> Option<u64> {
        let FlushPolicy::EveryTicks(ticks) = self.flush else { return None };
        let has_data = shuffle.partition(self.partition).is_some_and(ResultPartition::has_unflushed_data);
        // The grid goes on while nothing is written; the tick it stands at may be long past.
        let periods = now.saturating_sub(self.flush_at).div_ceil(ticks);
        has_data.then_some(self.flush_at + periods * ticks)
    }

    /// Runs the flusher if its time has come. Flink: `OutputFlusher`. Answers whether it flushed.
    pub fn run_flusher(&mut self, env: &mut TaskEnvironment<'_>) -> bool {
        let FlushPolicy::EveryTicks(ticks) = self.flush else { return false };
        if env.now < self.flush_at {
            return false;
        }
        let is_due = (env.now - self.flush_at).is_multiple_of(ticks);
        if is_due {
            env.shuffle.flush_all(self.partition);
        }
        self.flush_at += ((env.now - self.flush_at) / ticks + 1) * ticks;
        is_due
    }
}

/// Writes the length prefix and the body of a record, if it is a short one of Longs, and answers how many bytes they are.
#[inline(always)]
fn write_short(value: &Value, timestamp: Option<i64>, room: &mut [u8; SHORT_BYTES]) -> Option<usize> {
    let (prefix, body) = room.split_first_chunk_mut::<LENGTH_BYTES>()?;
    let length = serialize_longs(value, timestamp, body)?;
    *prefix = (length as u32).to_be_bytes();
    Some(LENGTH_BYTES + length)
}

#[inline(always)]
fn set_length(bytes: &mut [u8], length: usize) {
    // As one word: a copy of four bytes would be a call in wasm.
    *bytes.first_chunk_mut().expect("a length has its place") = (length as u32).to_be_bytes();
}

fn custom_channel(answer: &Value, subpartitions: u32) -> Result<u32, UserError> {
    if let Value::Long(channel) = *answer
        && (0..i64::from(subpartitions)).contains(&channel)
    {
        return Ok(channel as u32);
    }
    Err(UserError::new(format!(
        "The partitioner of partitionCustom() answered {answer}; it must answer a whole number from 0 to {}, one \
         less than its second argument.",
        subpartitions - 1
    )))
}
