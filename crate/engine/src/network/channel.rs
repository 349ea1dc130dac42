//! The receiving end of a channel: its buffers, its credits, what has arrived.
//!
//! Contract: a data buffer that arrives finds a segment, floating ones first, then exclusive ones: the sender
//! may send no more than it was given credit for. The channel asks its gate for floating segments as long as
//! the sender's backlog needs more than it has; each new one is announced as credit.
//! Flink: `InputChannel`, `LocalInputChannel`, `RemoteInputChannel`, `BufferManager`.

use std::collections::VecDeque;

use super::buffer::Buffer;
use super::error::NetworkError;
use super::segment::SegmentId;
use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};
use crate::base::limits::{PARTITION_REQUEST_BACKOFF_TICKS, PARTITION_REQUEST_BACKOFF_TICKS_MAX};

/// Where a channel reads.
#[derive(Clone, Debug)]
pub enum ChannelSource {
    /// The subpartition itself, in the same TaskManager.
    Local,
    /// Buffers that came over a connection.
    Remote(RemoteChannel),
    /// Nobody knows yet. Flink: `UnknownInputChannel`.
    Unknown,
}

impl ChannelSource {
    /// Where a channel reads whose producer is there, for a reader here.
    pub fn of(producer: Option<TaskManagerId>, here: TaskManagerId) -> Self {
        match producer {
            None => Self::Unknown,
            Some(producer) if producer == here => Self::Local,
            Some(producer) => Self::Remote(RemoteChannel::from_producer(producer)),
        }
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
    /// Whether it stands behind an event that blocks, until the task resumes it.
    pub is_blocked: bool,
    /// What went wrong on it; the task that reads next learns it.
    pub error: Option<NetworkError>,
    /// Ticks until the next request, doubled each time. Flink: `currentBackoff`.
    backoff_ticks: u64,
}

impl InputChannel {
    /// A channel that has read nothing.
    pub const fn new(
        id: ChannelId,
        partition: PartitionId,
        subpartition: u32,
        source: ChannelSource,
    ) -> Self {
        Self {
            id,
            partition,
            subpartition,
            source,
            is_ended: false,
            is_blocked: false,
            error: None,
            backoff_ticks: 0,
        }
    }

    /// The remote end, unless the channel is local.
    pub const fn remote(&self) -> Option<&RemoteChannel> {
        match &self.source {
            ChannelSource::Local | ChannelSource::Unknown => None,
            ChannelSource::Remote(remote) => Some(remote),
        }
    }

    /// The same, to change it.
    pub const fn remote_mut(&mut self) -> Option<&mut RemoteChannel> {
        match &mut self.source {
            ChannelSource::Local | ChannelSource::Unknown => None,
            ChannelSource::Remote(remote) => Some(remote),
        }
    }

    /// Ticks to wait before the partition is asked for again; `None`: often enough. Flink: `increaseBackoff`.
    pub const fn next_backoff(&mut self) -> Option<u64> {
        self.backoff_ticks = match self.backoff_ticks {
            0 => PARTITION_REQUEST_BACKOFF_TICKS,
            PARTITION_REQUEST_BACKOFF_TICKS_MAX => return None,
            ticks if ticks * 2 > PARTITION_REQUEST_BACKOFF_TICKS_MAX => PARTITION_REQUEST_BACKOFF_TICKS_MAX,
            ticks => ticks * 2,
        };
        Some(self.backoff_ticks)
    }
}

/// The remote end of a channel.
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
    /// Credit that it has for new buffers and has not sent to the sender.
    pub unannounced_credit: u32,
    /// Exclusive segments that it waits for.
    awaited: u32,
    /// Exclusive segments that it was given, free or not. They are the credit that it begins with.
    initial_credit: u32,
    exclusive: Vec<SegmentId>,
    floating: Vec<SegmentId>,
    /// Segments that it should have free: the backlog and the initial credit. Flink: `numRequiredBuffers`.
    required: u32,
    is_requested: bool,
    is_waiting: bool,
    is_released: bool,
}

/// A free segment of a channel, and whether it is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeSegment {
    Exclusive(SegmentId),
    Floating(SegmentId),
}

/// What is to be done with an exclusive segment that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freed {
    /// The channel has one more, and so has the sender.
    Announce,
    /// It has more than it needs: this floating one goes back to the gate's pool.
    ReturnFloating(SegmentId),
}

impl RemoteChannel {
    /// A channel that has received nothing yet and has no segments.
    pub const fn from_producer(producer: TaskManagerId) -> Self {
        Self {
            producer,
            received: VecDeque::new(),
            expected_sequence_number: 0,
            sender_backlog: 0,
            unannounced_credit: 0,
            awaited: 0,
            initial_credit: 0,
            exclusive: Vec::new(),
            floating: Vec::new(),
            required: 0,
            is_requested: false,
            is_waiting: false,
            is_released: false,
        }
    }

    /// So many segments are set aside for it.
    pub const fn await_exclusive(&mut self, count: u32) {
        self.awaited = count;
    }

    /// Segments that are set aside for it and that it does not have.
    pub const fn awaited(&self) -> u32 {
        self.awaited
    }

    /// Gives it the segments that are its own.
    pub fn own(&mut self, segments: Vec<SegmentId>) {
        self.awaited = 0;
        self.initial_credit = segments.len() as u32;
        self.exclusive = segments;
    }

    /// Its partition is asked for.
    pub const fn request(&mut self) {
        self.is_requested = true;
    }

    /// Whether its partition was asked for.
    pub const fn is_requested(&self) -> bool {
        self.is_requested
    }

    /// Credit that it begins with: the number of its exclusive segments.
    pub const fn initial_credit(&self) -> u32 {
        self.initial_credit
    }

    /// Free segments: its own, and those of the gate's pool.
    pub const fn free(&self) -> (u32, u32) {
        (self.exclusive.len() as u32, self.floating.len() as u32)
    }

    /// Segments that it should have free.
    pub const fn required(&self) -> u32 {
        self.required
    }

    /// Whether it waits for a floating segment.
    pub const fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Whether it gave everything back.
    pub const fn is_released(&self) -> bool {
        self.is_released
    }

    /// A segment for a data buffer that arrives.
    pub fn take_segment(&mut self) -> Option<FreeSegment> {
        let floating = if self.floating.is_empty() { None } else { Some(self.floating.remove(0)) };
        floating.map(FreeSegment::Floating).or_else(|| self.exclusive.pop().map(FreeSegment::Exclusive))
    }

    /// The sender says how much waits there. Answers whether floating segments are to be asked for.
    pub const fn on_sender_backlog(&mut self, backlog: u32) -> bool {
        self.sender_backlog = backlog;
        self.required = backlog + self.initial_credit;
        self.needs_floating()
    }

    /// Whether it should have another floating segment and does not wait for one.
    pub const fn needs_floating(&self) -> bool {
        self.free_count() < self.required && !self.is_waiting && !self.is_released
    }

    /// It waits in its gate's pool from now on.
    pub const fn wait(&mut self) {
        self.is_waiting = true;
    }

    /// A floating segment for it, which it asked for or waited for. `Err`: it needs none any more.
    pub fn add_floating(&mut self, segment: SegmentId) -> Result<(), SegmentId> {
        self.is_waiting = false;
        if self.is_released || self.free_count() >= self.required {
            return Err(segment);
        }
        self.floating.push(segment);
        Ok(())
    }

    /// A buffer in one of its own segments is read.
    pub fn recycle_exclusive(&mut self, segment: SegmentId) -> Freed {
        self.exclusive.push(segment);
        if self.free_count() > self.required && !self.floating.is_empty() {
            return Freed::ReturnFloating(self.floating.remove(0));
        }
        Freed::Announce
    }

    /// Counts new credit. Answers whether the sender is to be told: if it is about to be, it will hear of all.
    pub const fn add_credit(&mut self, credit: u32) -> bool {
        let was_empty = self.unannounced_credit == 0;
        self.unannounced_credit += credit;
        was_empty && credit > 0
    }

    /// Gives back what floats, and forgets the credit for it: where channels have no segments of their own, a
    /// blocked channel holds none. Flink: `releaseFloatingBuffers`.
    pub fn release_floating(&mut self) -> Vec<SegmentId> {
        self.required = 0;
        std::mem::take(&mut self.floating)
    }

    /// Gives everything back: its own segments, the floating ones, the buffers that nobody will read.
    pub fn release(&mut self) -> (Vec<SegmentId>, Vec<SegmentId>, VecDeque<Buffer>) {
        self.is_released = true;
        self.is_waiting = false;
        self.unannounced_credit = 0;
        (
            std::mem::take(&mut self.exclusive),
            std::mem::take(&mut self.floating),
            std::mem::take(&mut self.received),
        )
    }

    const fn free_count(&self) -> u32 {
        self.exclusive.len() as u32 + self.floating.len() as u32
    }
}
