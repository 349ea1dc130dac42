//! One queue of buffers from a writer to a reader. Flink: `PipelinedSubpartition`.
//!
//! Contract: the reader is told at the first finished buffer and at a flush, never for each write; what it
//! polls is a finished buffer, or the written part of the open one after a flush. Sequence numbers have no
//! gaps. Backlog counts data buffers only. An event that blocks is the last that is polled until the reader
//! resumes; an event with priority overtakes all that is queued and is polled all the same.

use std::collections::VecDeque;

use super::barrier::CheckpointBarrier;
use super::buffer::{Buffer, BufferId, DataType, QueuedBuffer};
use super::digest::Digest;
use super::event::Event;
use super::segment::Segment;

/// What a poll gives. Flink: `BufferAndBacklog`.
#[derive(Clone, Debug)]
pub struct Polled {
    /// The buffer.
    pub buffer: Buffer,
    /// Data buffers that wait behind it.
    pub backlog: u32,
    /// Type of the next buffer, if one can be polled.
    pub next: Option<DataType>,
    /// Number of this buffer on its channel.
    pub sequence_number: u32,
}

/// See the module.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "Flink's flags, each changing at its own time")]
pub struct PipelinedSubpartition {
    queue: VecDeque<QueuedBuffer>,
    backlog: u32,
    /// Events at the head of the queue that overtook what stands behind them.
    priority: u32,
    is_flush_requested: bool,
    has_reader: bool,
    is_blocked: bool,
    is_finished: bool,
    is_released: bool,
    /// Whether its reader has processed all records.
    pub is_all_processed: bool,
    sequence_number: u32,
    /// Of the data that was polled.
    digest: Digest,
    /// Bytes that a new buffer should hold, if its reader wants less than a segment.
    buffer_bytes: Option<u32>,
}

/// Whether there is something to read, and how much waits. Flink: `AvailabilityWithBacklog`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// Whether a poll is worth while.
    pub is_available: bool,
    /// Data buffers, as reported to the reader.
    pub backlog: u32,
}

impl PipelinedSubpartition {
    /// The buffer that is being written, if there is one.
    pub fn open_buffer(&mut self) -> Option<&mut QueuedBuffer> {
        match self.queue.back_mut() {
            Some(buffer) if !buffer.is_finished() => Some(buffer),
            _ => None,
        }
    }

    /// A reader is there. Answers whether it has something to read.
    pub fn connect(&mut self) -> bool {
        assert!(!self.has_reader, "a pipelined subpartition is read once");
        self.has_reader = true;
        self.is_data_available()
    }

    /// Adds a buffer: at the end, or behind the other events with priority at the head. Answers whether the
    /// reader is to be told.
    pub fn add(&mut self, buffer: QueuedBuffer) -> bool {
        assert!(!self.is_finished, "buffer {} comes after the end of the partition", buffer.id());
        let data_type = buffer.data_type();
        if data_type.has_priority() {
            self.queue.insert(self.priority as usize, buffer);
            self.priority += 1;
            return self.has_reader && self.priority == 1;
        }
        if data_type.is_data() {
            self.backlog += 1;
        }
        self.is_finished = data_type == DataType::Event(Event::EndOfPartition);
        self.queue.push_back(buffer);
        self.has_reader && (self.is_finished || self.should_notify())
    }

    /// Bytes that the reader wants a new buffer to hold, if less than a segment. Flink: the answer of
    /// `ResultSubpartition#add`.
    pub const fn buffer_bytes(&self) -> Option<u32> {
        self.buffer_bytes
    }

    /// The reader wants buffers of this size from now on. Flink: `bufferSize`.
    pub const fn set_buffer_bytes(&mut self, bytes: u32) {
        self.buffer_bytes = Some(bytes);
    }

    /// Goes on after an event that blocked.
    pub fn resume(&mut self) {
        assert!(self.is_blocked, "a subpartition that is not blocked is resumed");
        self.is_blocked = false;
    }

    /// Whether an event that blocks was polled and the reader has not resumed yet.
    pub const fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    /// Whether a reader with or without credit can read, and how much waits for it.
    pub fn availability(&self, has_credit: bool) -> Availability {
        let is_available = if has_credit {
            self.is_data_available()
        } else {
            self.queue.front().is_some_and(|first| !first.data_type().is_data())
        };
        Availability { is_available, backlog: self.reported_backlog() }
    }

    fn should_notify(&self) -> bool {
        !self.is_flush_requested && !self.is_blocked && self.finished_buffers() == 1
    }

    /// Makes what is written visible. Answers whether the reader is to be told.
    pub fn flush(&mut self) -> bool {
        if self.is_flush_requested {
            return false;
        }
        let Some(last) = self.queue.back() else { return false };
        let has_data_in_unfinished = last.unread_bytes() > 0;
        let notify = self.queue.len() == 1 && has_data_in_unfinished && self.has_reader && !self.is_blocked;
        self.is_flush_requested = self.queue.len() > 1 || has_data_in_unfinished;
        notify
    }

    /// Whether bytes are written that no reader has been told of.
    pub fn has_unflushed_data(&self) -> bool {
        !self.is_flush_requested && self.queue.back().is_some_and(|last| last.unread_bytes() > 0)
    }

    /// Takes the next buffer. Parts that turn out empty hand their segment to `recycle`.
    pub fn poll(&mut self, next_buffer_id: &mut u32, mut recycle: impl FnMut(Segment)) -> Option<Polled> {
        if self.is_blocked && self.priority == 0 {
            return None;
        }
        if self.queue.is_empty() {
            self.is_flush_requested = false;
        }
        let mut polled = None;
        while let Some(first) = self.queue.front_mut() {
            let is_finished = first.is_finished();
            let is_data = first.data_type().is_data();
            let has_bytes = first.unread_bytes() > 0;
            // A part of an open buffer gets a number of its own, so that no two buffers share one.
            let id = if is_finished { first.id() } else { BufferId(*next_buffer_id) };
            let part = (has_bytes || is_finished).then(|| first.take_readable(id));
            if self.queue.len() == 1 {
                self.is_flush_requested = false;
            }
            if is_finished {
                self.queue.pop_front();
                self.priority = self.priority.saturating_sub(1);
                if is_data {
                    self.backlog -= 1;
                }
            }
            match part {
                Some(buffer) if has_bytes => {
                    *next_buffer_id += u32::from(!is_finished);
                    polled = Some(buffer);
                    break;
                }
                Some(empty) => {
                    if let Some(segment) = empty.segment {
                        recycle(segment);
                    }
                }
                None => break,
            }
        }
        let mut buffer = polled?;
        self.is_blocked |= buffer.data_type.is_blocking_upstream();
        if buffer.data_type.is_data() {
            self.digest.update(&buffer.bytes);
        }
        let sequence_number = self.sequence_number;
        buffer.sequence_number = sequence_number;
        self.sequence_number += 1;
        let next = self.next_type();
        Some(Polled { buffer, backlog: self.reported_backlog(), next, sequence_number })
    }

    /// Whether a poll would give a buffer to a reader with credit.
    pub fn is_data_available(&self) -> bool {
        self.priority > 0 || (!self.is_blocked && (self.is_flush_requested || self.finished_buffers() > 0))
    }

    /// The type of the buffer that a poll would give.
    pub fn next_type(&self) -> Option<DataType> {
        self.queue.front().filter(|_| self.is_data_available()).map(QueuedBuffer::data_type)
    }

    /// Whether its reader is done with it, or its producer has given up.
    pub const fn is_released(&self) -> bool {
        self.is_released
    }

    /// Where the aligned barrier of a checkpoint stands that may yet overtake, if nobody has taken it.
    pub fn timeoutable_barrier(&self, checkpoint: u64) -> Option<(usize, CheckpointBarrier)> {
        self.queue.iter().enumerate().find_map(|(place, buffer)| match buffer.data_type() {
            DataType::Event(Event::CheckpointBarrier(barrier))
                if barrier.id == checkpoint && barrier.options.is_timeoutable() =>
            {
                Some((place, barrier))
            }
            _ => None,
        })
    }

    /// The barrier of a checkpoint overtakes what stands before it, if nobody has taken it. Answers how many buffers
    /// that was, behind the events with priority. Flink: `alignedBarrierTimeout`.
    pub fn overtake(&mut self, checkpoint: u64) -> Option<usize> {
        let (place, barrier) = self.timeoutable_barrier(checkpoint)?;
        let id = self.queue.remove(place)?.id();
        let event = Event::CheckpointBarrier(barrier.as_unaligned());
        self.queue.insert(self.priority as usize, QueuedBuffer::event(id, event));
        let overtaken = place - self.priority as usize;
        self.priority += 1;
        Some(overtaken)
    }

    /// The data buffers among so many at the head of the queue, the events with priority not counted.
    pub fn data_at_head(&self, count: usize) -> impl Iterator<Item = &QueuedBuffer> {
        let head = self.queue.iter().skip(self.priority as usize).take(count);
        head.filter(|buffer| buffer.data_type().is_data() && buffer.unread_bytes() > 0)
    }

    /// Drops all that is queued and hands the segments to `recycle`. Flink: `release`.
    pub fn release(&mut self, recycle: impl FnMut(Segment)) {
        self.backlog = 0;
        self.priority = 0;
        self.is_flush_requested = false;
        self.is_released = true;
        self.queue.drain(..).filter_map(|buffer| buffer.segment()).for_each(recycle);
    }

    /// Number of the next buffer on its channel.
    pub const fn sequence_number(&self) -> u32 {
        self.sequence_number
    }

    /// Of the data that was polled.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Of all data that was written, polled or not.
    pub fn digest_of_all(&self) -> Digest {
        let mut digest = self.digest;
        self.queue.iter().for_each(|buffer| digest.update(buffer.readable()));
        digest
    }

    /// Its buffers, first to be read first.
    pub fn buffers(&self) -> impl Iterator<Item = &QueuedBuffer> {
        self.queue.iter()
    }

    /// Number of buffers in the queue.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether the queue is empty.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// What the reader is told to wait for: an open last buffer does not count until it is flushed.
    fn reported_backlog(&self) -> u32 {
        let last_is_event = self.queue.back().is_some_and(|last| !last.data_type().is_data());
        if self.is_blocked || self.queue.is_empty() {
            0
        } else if self.is_flush_requested || self.is_finished || last_is_event {
            self.backlog
        } else {
            self.backlog.saturating_sub(1)
        }
    }

    /// Buffers that are known to be finished: all but the last. That a lone data buffer was finished is not seen
    /// until something follows it or it is flushed. Flink: the cached position of `BufferConsumer#isFinished`.
    fn finished_buffers(&self) -> usize {
        match self.queue.back() {
            None => 0,
            Some(last) if self.queue.len() == 1 => usize::from(!last.data_type().is_data()),
            Some(_) => self.queue.len() - 1,
        }
    }
}
