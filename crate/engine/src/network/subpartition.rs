//! One queue of buffers from a writer to a reader. Flink: `PipelinedSubpartition`.
//!
//! Contract: the reader is told at the first finished buffer and at a flush, never for each write; what it
//! polls is a finished buffer, or the written part of the open one after a flush. Sequence numbers have no
//! gaps. Backlog counts data buffers only.

use std::collections::VecDeque;

use super::buffer::{Buffer, BufferId, DataType, QueuedBuffer};
use super::event::Event;
use super::pool::LocalBufferPool;

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
    is_flush_requested: bool,
    has_reader: bool,
    is_finished: bool,
    is_end_polled: bool,
    sequence_number: u32,
}

impl PipelinedSubpartition {
    /// The buffer that is being written, if there is one.
    pub fn open_buffer(&mut self) -> Option<&mut QueuedBuffer> {
        self.queue.back_mut().filter(|buffer| !buffer.is_finished())
    }

    /// A reader is there. Answers whether it has something to read.
    pub fn connect(&mut self) -> bool {
        assert!(!self.has_reader, "a pipelined subpartition is read once");
        self.has_reader = true;
        self.is_data_available()
    }

    /// Adds a buffer at the end. Answers whether the reader is to be told.
    pub fn add(&mut self, buffer: QueuedBuffer) -> bool {
        assert!(!self.is_finished, "buffer {} comes after the end of the partition", buffer.id());
        if buffer.data_type().is_data() {
            self.backlog += 1;
        }
        self.is_finished = buffer.data_type() == DataType::Event(Event::EndOfPartition);
        self.queue.push_back(buffer);
        !self.is_flush_requested && self.has_reader && self.finished_buffers() == 1
    }

    /// Makes what is written visible. Answers whether the reader is to be told.
    pub fn flush(&mut self) -> bool {
        if self.is_flush_requested {
            return false;
        }
        let Some(last) = self.queue.back() else { return false };
        let has_data_in_unfinished = last.unread_bytes() > 0;
        let notify = self.queue.len() == 1 && has_data_in_unfinished && self.has_reader;
        self.is_flush_requested = self.queue.len() > 1 || has_data_in_unfinished;
        notify
    }

    /// Whether bytes are written that no reader has been told of.
    pub fn has_unflushed_data(&self) -> bool {
        !self.is_flush_requested && self.queue.back().is_some_and(|last| last.unread_bytes() > 0)
    }

    /// Takes the next buffer. Parts that turn out empty give their segment back to `pool`.
    pub fn poll(&mut self, pool: &mut LocalBufferPool, next_buffer_id: &mut u32) -> Option<Polled> {
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
                        pool.recycle(segment);
                    }
                }
                None => break,
            }
        }
        let buffer = polled?;
        self.is_end_polled = buffer.data_type == DataType::Event(Event::EndOfPartition);
        let sequence_number = self.sequence_number;
        self.sequence_number += 1;
        let next = self.next_type();
        Some(Polled { buffer, backlog: self.reported_backlog(), next, sequence_number })
    }

    /// Whether a poll would give a buffer to a reader with credit.
    pub fn is_data_available(&self) -> bool {
        self.is_flush_requested || self.finished_buffers() > 0
    }

    /// The type of the buffer that a poll would give.
    pub fn next_type(&self) -> Option<DataType> {
        self.queue.front().filter(|_| self.is_data_available()).map(QueuedBuffer::data_type)
    }

    /// Whether everything, the end included, has been read.
    pub const fn is_consumed(&self) -> bool {
        self.is_end_polled
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
        if self.queue.is_empty() {
            0
        } else if self.is_flush_requested || self.is_finished || last_is_event {
            self.backlog
        } else {
            self.backlog.saturating_sub(1)
        }
    }

    fn finished_buffers(&self) -> usize {
        match self.queue.back() {
            None => 0,
            Some(last) if self.queue.len() == 1 && last.is_finished() => 1,
            Some(_) => self.queue.len() - 1,
        }
    }
}
