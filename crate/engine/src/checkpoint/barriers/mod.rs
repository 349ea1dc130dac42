//! What a task does about barriers: the state machines between what comes over its channels and the checkpoints that it
//! takes.
//!
//! Contract: pure: an input and the time go in, actions come out in the order in which they are to be done. A channel
//! is its number among all channels of the task, gate after gate. Flink: `CheckpointBarrierHandler` and what extends it.

mod alignment;
mod single;
mod state;
mod tracker;

#[cfg(test)]
mod tests;

pub use alignment::AlignmentMetrics;
pub use single::SingleCheckpointBarrierHandler;
pub use state::Mode;
pub use tracker::CheckpointBarrierTracker;

use super::failure_reason::CheckpointFailureReason;
use crate::network::barrier::CheckpointBarrier;

/// What a handler wants done. Flink: calls of `CheckpointableInput` and of `CheckpointableTask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing is read from the channel. Flink: `blockConsumption`.
    Block(u32),
    /// The channel goes on. Flink: `resumeConsumption`.
    Resume(u32),
    /// The barrier with this sequence number in the channel's queue overtakes. Flink: `convertToPriorityEvent`.
    ConvertToPriority { channel: u32, sequence_number: u32 },
    /// Channel state of this checkpoint may come. Flink: `initInputsCheckpoint`.
    InitInputs(CheckpointBarrier),
    /// Every input records what is in flight, up to its barrier. Flink: `CheckpointableInput#checkpointStarted`.
    InputsStart(CheckpointBarrier),
    /// Nothing is recorded any more. Flink: `CheckpointableInput#checkpointStopped`.
    InputsStop(u64),
    /// The task takes its snapshot. Flink: `triggerCheckpointOnBarrier`.
    Trigger(CheckpointBarrier),
    /// The task gives the checkpoint up. Flink: `abortCheckpointOnBarrier`.
    Abort { checkpoint: u64, reason: CheckpointFailureReason },
}

/// The handler of a task.
#[derive(Clone, Debug)]
pub enum BarrierHandler {
    /// Exactly once.
    Single(SingleCheckpointBarrierHandler),
    /// At least once.
    Tracker(CheckpointBarrierTracker),
}

impl BarrierHandler {
    /// A handler over so many channels.
    pub const fn new(is_exactly_once: bool, is_unaligned: bool, channels: u32) -> Self {
        if is_exactly_once {
            let mode = if is_unaligned { Mode::Alternating } else { Mode::Aligned };
            Self::Single(SingleCheckpointBarrierHandler::new(mode, channels))
        } else {
            Self::Tracker(CheckpointBarrierTracker::new(channels))
        }
    }

    /// A barrier came over a channel; or, `from_rpc`, the JobMaster triggers the task instead of the channel, which
    /// then is not blocked.
    pub fn barrier(
        &mut self,
        barrier: CheckpointBarrier,
        channel: u32,
        from_rpc: bool,
        now: u64,
        out: &mut Vec<Action>,
    ) {
        match self {
            Self::Single(handler) => handler.barrier(barrier, channel, from_rpc, now, out),
            Self::Tracker(handler) => handler.barrier(barrier, channel, now, out),
        }
    }

    /// A barrier stands in the queue of a channel under this sequence number.
    pub fn announcement(
        &mut self,
        barrier: CheckpointBarrier,
        sequence_number: u32,
        channel: u32,
        out: &mut Vec<Action>,
    ) {
        if let Self::Single(handler) = self {
            handler.announcement(barrier, sequence_number, channel, out);
        }
    }

    /// The task cannot take the checkpoint that its barriers want.
    pub fn decline(&mut self, checkpoint: u64, reason: CheckpointFailureReason, out: &mut Vec<Action>) {
        if let Self::Single(handler) = self {
            handler.abort(checkpoint, reason, out);
        }
    }

    /// A checkpoint was given up by whoever writes to the channel.
    pub fn cancellation(&mut self, checkpoint: u64, channel: u32, now: u64, out: &mut Vec<Action>) {
        match self {
            Self::Single(handler) => handler.cancellation(checkpoint, out),
            Self::Tracker(handler) => handler.cancellation(checkpoint, channel, now, out),
        }
    }

    /// Nothing comes over the channel any more.
    pub fn end_of_partition(&mut self, channel: u32, now: u64, out: &mut Vec<Action>) {
        match self {
            Self::Single(handler) => handler.end_of_partition(channel, now, out),
            Self::Tracker(handler) => handler.end_of_partition(channel, now, out),
        }
    }

    /// When an aligned checkpoint has taken too long.
    pub const fn next_timer(&self) -> Option<u64> {
        match self {
            Self::Single(handler) => handler.next_timer(),
            Self::Tracker(_) => None,
        }
    }

    /// The checkpoint that has, if it is time; [`Self::on_timer`] is to be called with it.
    pub fn take_due_timer(&mut self, now: u64) -> Option<u64> {
        match self {
            Self::Single(handler) => handler.take_due_timer(now),
            Self::Tracker(_) => None,
        }
    }

    /// An aligned checkpoint takes too long.
    pub fn on_timer(&mut self, checkpoint: u64, out: &mut Vec<Action>) {
        if let Self::Single(handler) = self {
            handler.on_timer(checkpoint, out);
        }
    }

    /// The newest checkpoint that it knows of. Flink: `getLatestCheckpointId`.
    pub fn latest_checkpoint(&self) -> Option<u64> {
        match self {
            Self::Single(handler) => handler.latest_checkpoint(),
            Self::Tracker(handler) => handler.latest_checkpoint(),
        }
    }

    /// How long the latest alignment took, and what was read meanwhile.
    pub const fn alignment(&self) -> &AlignmentMetrics {
        match self {
            Self::Single(handler) => handler.alignment(),
            Self::Tracker(handler) => handler.alignment(),
        }
    }

    /// Counts data that is read while barriers are awaited. Flink: `addProcessedBytes`.
    pub const fn add_processed_bytes(&mut self, bytes: u64) {
        match self {
            Self::Single(handler) => handler.alignment_mut().add_processed_bytes(bytes),
            Self::Tracker(handler) => handler.alignment_mut().add_processed_bytes(bytes),
        }
    }
}
