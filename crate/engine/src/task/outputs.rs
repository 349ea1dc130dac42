//! The ends of a chain: its record writers, and what they could not write yet.
//!
//! Contract: what the chain emits is written in the order in which it was emitted, over all its partitions.
//! Where a pool has no buffer for a record in hand, that record and all that comes after it wait here, and
//! the task does nothing else until there is one: hard back-pressure. Flink blocks the task's thread in the
//! middle of `collect()`; here the user's function has returned by then, which nothing outside can tell.
//! Flink: `RecordWriterOutput`, `BufferWritingResultPartition#requestNewBufferBuilderFromPool`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::checkpointing::cut::{ChannelCut, CutLog};
use super::checkpointing::in_flight::InFlightBuffer;
use super::environment::TaskEnvironment;
use super::record_writer::{RecordWriter, Target};
use crate::checkpoint::handles::InflightDataRescaling;
use crate::network::buffer::QueuedBuffer;
use crate::network::event::Event;
use crate::network::partition::{ResultPartition, SerializedRecord, Written};
use crate::network::shuffle::ShuffleEnvironment;
use crate::operator::function::UserError;
use crate::record::{StreamElement, Value};

/// Something that is still to be written.
#[derive(Clone, Debug)]
enum Waiting {
    Record {
        writer: u32,
        target: Target,
        bytes: Rc<[u8]>,
        dot: Option<u32>,
        written: usize,
    },
    Event(Event),
    /// An event for one subpartition.
    EventFor {
        writer: u32,
        subpartition: u32,
        event: Event,
    },
    /// What is restored of a queue, and how much of it is there again.
    Recovered {
        buffer: InFlightBuffer,
        added: usize,
    },
}

/// See the module.
#[derive(Clone, Default)]
pub struct Outputs {
    writers: Vec<RecordWriter>,
    waiting: VecDeque<Waiting>,
    /// What barriers overtook, by checkpoint.
    overtaken: Vec<(u64, Vec<InFlightBuffer>)>,
    /// What had been sent into each subpartition, writer by writer.
    sent: CutLog,
}

impl Outputs {
    /// The ends of a chain, a writer for each result partition.
    pub fn new(writers: Vec<RecordWriter>) -> Self {
        Self { writers, ..Self::default() }
    }

    /// The writers.
    pub fn writers(&self) -> &[RecordWriter] {
        &self.writers
    }

    /// The same, to run their flushers.
    pub fn writers_mut(&mut self) -> &mut [RecordWriter] {
        &mut self.writers
    }

    /// Whether every partition takes another record. Flink: `RecordWriterDelegate#isAvailable`.
    #[inline(always)]
    pub fn is_available(&self, shuffle: &ShuffleEnvironment) -> bool {
        match &self.writers[..] {
            [] => true,
            [writer] => shuffle.is_available(writer.partition()),
            writers => writers.iter().all(|writer| shuffle.is_available(writer.partition())),
        }
    }

    /// Whether the task has something in hand that it could not write.
    #[inline(always)]
    pub fn is_blocked(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether what is in hand can be written on.
    pub fn can_resume(&self, shuffle: &ShuffleEnvironment) -> bool {
        self.waiting.front().is_some_and(|waiting| match waiting {
            Waiting::Record { writer, .. } => {
                shuffle.is_available(self.writers[*writer as usize].partition())
            }
            Waiting::Event(_) | Waiting::EventFor { .. } => true,
            Waiting::Recovered { buffer, .. } => self
                .writers
                .get(buffer.gate as usize)
                .is_none_or(|writer| shuffle.is_available(writer.partition())),
        })
    }

    /// Records in hand, the one that is partly written included.
    pub fn waiting(&self) -> u32 {
        self.waiting.len() as u32
    }

    /// Writes a record with one of the writers.
    #[inline(always)]
    pub fn emit(
        &mut self,
        writer: u32,
        value: &Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), UserError> {
        let may_write = self.waiting.is_empty();
        if let Some((target, dot)) =
            self.writers.as_mut_slice()[writer as usize].prepare(value, timestamp, may_write, env)?
        {
            self.write_or_wait(writer, target, dot, env);
        }
        Ok(())
    }

    /// Writes an element that is no record to every channel of a writer.
    pub fn broadcast_emit(&mut self, writer: u32, element: &StreamElement, env: &mut TaskEnvironment<'_>) {
        for target in self.writers[writer as usize].prepare_element(element) {
            self.write_or_wait(writer, target, None, env);
        }
    }

    /// Writes an element that is no record to one channel of a writer, whichever.
    pub fn random_emit(&mut self, writer: u32, element: &StreamElement, env: &mut TaskEnvironment<'_>) {
        let target = self.writers[writer as usize].prepare_for_any(element, env.choices);
        self.write_or_wait(writer, target, None, env);
    }

    /// Writes what a writer has prepared, or puts it behind what waits.
    #[inline]
    fn write_or_wait(
        &mut self,
        writer: u32,
        target: Target,
        dot: Option<u32>,
        env: &mut TaskEnvironment<'_>,
    ) {
        let Self { writers, waiting, .. } = self;
        let bytes = writers[writer as usize].prepared();
        let mut written = 0;
        if waiting.is_empty() {
            let record = SerializedRecord { bytes, dot, written };
            match writers[writer as usize].write(target, record, env) {
                Written::Whole => return,
                Written::UpTo(count) => written = count,
            }
        }
        waiting.push_back(Waiting::Record { writer, target, bytes: bytes.into(), dot, written });
    }

    /// Adds an event to every channel of every writer and makes it visible.
    pub fn broadcast_event(&mut self, event: Event, env: &mut TaskEnvironment<'_>) {
        if self.waiting.is_empty() {
            self.send_event(event, env);
        } else {
            self.waiting.push_back(Waiting::Event(event));
        }
    }

    fn send_event(&mut self, event: Event, env: &mut TaskEnvironment<'_>) {
        let Event::CheckpointBarrier(barrier) = event else {
            for writer in &self.writers {
                writer.broadcast_event(event, env);
            }
            return;
        };
        let Self { sent, writers, .. } = self;
        sent.note(barrier.id, || {
            let partitions = writers.iter().filter_map(|writer| env.shuffle.partition(writer.partition()));
            let queues = partitions.flat_map(ResultPartition::subpartitions);
            queues.map(|queue| ChannelCut { digest: queue.digest_of_all(), unread: 0 }).collect()
        });
        let mut overtaken = Vec::new();
        for (place, writer) in (0..).zip(&self.writers) {
            let sent = writer.broadcast_event(event, env);
            let Some(partition) = env.shuffle.partition(writer.partition()).filter(|_| sent.has_priority())
            else {
                continue;
            };
            for (channel, queue) in (0..).zip(partition.subpartitions()) {
                for buffer in queue.data_at_head(queue.len()) {
                    overtaken.push(in_flight(place, channel, buffer));
                }
            }
        }
        if barrier.options.needs_channel_state() {
            self.overtaken.push((barrier.id, overtaken));
        }
    }

    /// The barrier of a checkpoint that was sent aligned overtakes wherever nobody has taken it.
    pub fn overtake(&mut self, checkpoint: u64, env: &mut TaskEnvironment<'_>) {
        let Some((_, overtaken)) = self.overtaken.iter_mut().find(|(id, _)| *id == checkpoint) else {
            return;
        };
        for (place, writer) in (0..).zip(&self.writers) {
            env.shuffle.overtake(writer.partition(), checkpoint, |channel, buffer| {
                overtaken.push(in_flight(place, channel, buffer));
            });
        }
    }

    /// Whether it is known what the barrier of a checkpoint overtook: it was sent, and will overtake no more.
    pub fn has_overtaken(&self, checkpoint: u64, shuffle: &ShuffleEnvironment) -> bool {
        self.overtaken.iter().any(|(id, _)| *id == checkpoint)
            && !self
                .writers
                .iter()
                .any(|writer| shuffle.has_timeoutable_barrier(writer.partition(), checkpoint))
    }

    /// Takes what the barrier of a checkpoint overtook.
    pub fn take_overtaken(&mut self, checkpoint: u64) -> Vec<InFlightBuffer> {
        let place = self.overtaken.iter().position(|(id, _)| *id == checkpoint);
        place.map(|place| self.overtaken.swap_remove(place).1).unwrap_or_default()
    }

    /// What had been sent into each subpartition, writer by writer, when a barrier was sent.
    pub const fn sent(&self) -> &CutLog {
        &self.sent
    }

    /// Forgets what the barriers of checkpoints overtook that nobody waits for.
    pub fn retain_overtaken(&mut self, is_awaited: impl Fn(u64) -> bool) {
        self.overtaken.retain(|(checkpoint, _)| is_awaited(*checkpoint));
    }

    /// Writes on as far as there are buffers.
    pub fn resume(&mut self, env: &mut TaskEnvironment<'_>) {
        while self.can_resume(env.shuffle) {
            let Self { writers, waiting, .. } = self;
            match waiting.front_mut().expect("it can go on") {
                Waiting::Event(event) => {
                    let event = *event;
                    self.waiting.pop_front();
                    self.send_event(event, env);
                    continue;
                }
                Waiting::EventFor { writer, subpartition, event } => {
                    if let Some(writer) = writers.get(*writer as usize) {
                        env.shuffle.add_event(writer.partition(), *subpartition, *event);
                    }
                }
                Waiting::Recovered { buffer, added } => {
                    if let Some(writer) = writers.get(buffer.gate as usize) {
                        let rest = &buffer.bytes[*added..];
                        let partial = buffer.partial_record_bytes.saturating_sub(*added as u32);
                        let partition = writer.partition();
                        *added += env.shuffle.add_recovered(partition, buffer.channel, rest, partial);
                        env.shuffle.flush(partition, buffer.channel);
                        if *added < buffer.bytes.len() {
                            continue;
                        }
                    }
                }
                Waiting::Record { writer, target, bytes, dot, written } => {
                    let record = SerializedRecord { bytes, dot: *dot, written: *written };
                    if let Written::UpTo(count) = writers[*writer as usize].write(*target, record, env) {
                        *written = count;
                        continue;
                    }
                }
            }
            waiting.pop_front();
        }
    }

    /// What stood in the queues when the checkpoint was taken, with the subtask that wrote it, is to stand there again,
    /// and a mark behind it, before anything else. Where there were other subtasks then, each buffer goes to all that
    /// may need it, and says between which ones it was. Flink: `ResultSubpartitionRecoveredStateHandler`.
    pub fn recover(
        &mut self,
        buffers: Vec<(u32, InFlightBuffer)>,
        rescaling: &[Option<InflightDataRescaling>],
        env: &mut TaskEnvironment<'_>,
    ) {
        for (output_subtask, buffer) in buffers {
            let (writer, input_subtask) = (buffer.gate, buffer.channel);
            let Some(Some(rescaling)) = rescaling.get(writer as usize) else {
                self.waiting.push_back(Waiting::Recovered { buffer, added: 0 });
                continue;
            };
            let event = Event::SubtaskConnectionDescriptor { input_subtask, output_subtask };
            for (subpartition, old) in (0..).zip(rescaling.old_channels.iter()) {
                if old.contains(&input_subtask) {
                    self.waiting.push_back(Waiting::EventFor { writer, subpartition, event });
                    let buffer = InFlightBuffer { channel: subpartition, ..buffer.clone() };
                    self.waiting.push_back(Waiting::Recovered { buffer, added: 0 });
                }
            }
        }
        self.waiting.push_back(Waiting::Event(Event::EndOfOutputChannelState));
        self.resume(env);
    }

    /// Gives up what is in hand.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}

/// What of a queued buffer nobody has taken.
fn in_flight(gate: u32, channel: u32, buffer: &QueuedBuffer) -> InFlightBuffer {
    let bytes = Rc::new(buffer.readable().to_vec());
    InFlightBuffer { gate, channel, partial_record_bytes: buffer.partial_record_bytes(), bytes }
}
