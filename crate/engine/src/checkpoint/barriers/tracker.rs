//! Barriers that are at least once: they are counted, and nothing waits. Flink: `CheckpointBarrierTracker`.
//!
//! Contract: several checkpoints may be pending; when one is complete, the older ones never will be. No more than 50 are
//! remembered.

use std::collections::VecDeque;

use super::alignment::AlignmentMetrics;
use super::{Action, CheckpointFailureReason};
use crate::base::ordered::SortedSet;
use crate::network::barrier::CheckpointBarrier;

/// Flink: `MAX_CHECKPOINTS_TO_TRACK`.
const TRACKED_MAX: usize = 50;

/// A checkpoint of which barriers have come. Flink: `CheckpointBarrierCount`.
#[derive(Clone, Debug)]
struct Count {
    checkpoint: u64,
    /// `None`: it was cancelled.
    barrier: Option<CheckpointBarrier>,
    aligned: SortedSet<u32>,
    target: u32,
}

impl Count {
    fn new(checkpoint: u64, barrier: Option<CheckpointBarrier>, channel: u32, target: u32) -> Self {
        let mut count = Self { checkpoint, barrier, aligned: SortedSet::new(), target };
        count.mark_aligned(channel);
        count
    }

    /// Counts a channel. Answers whether it was the last one.
    fn mark_aligned(&mut self, channel: u32) -> bool {
        self.aligned.insert(channel);
        self.aligned.len() as u32 == self.target
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct CheckpointBarrierTracker {
    pending: VecDeque<Count>,
    latest: Option<u64>,
    open: u32,
    alignment: AlignmentMetrics,
}

impl CheckpointBarrierTracker {
    /// A tracker of so many channels.
    pub const fn new(channels: u32) -> Self {
        Self { pending: VecDeque::new(), latest: None, open: channels, alignment: AlignmentMetrics::NONE }
    }

    /// See [`super::BarrierHandler::latest_checkpoint`].
    pub fn latest_checkpoint(&self) -> Option<u64> {
        self.pending.back().map(|count| count.checkpoint)
    }

    pub(super) const fn alignment(&self) -> &AlignmentMetrics {
        &self.alignment
    }

    pub(super) const fn alignment_mut(&mut self) -> &mut AlignmentMetrics {
        &mut self.alignment
    }

    /// See [`super::BarrierHandler::barrier`].
    pub fn barrier(&mut self, barrier: CheckpointBarrier, channel: u32, now: u64, out: &mut Vec<Action>) {
        let is_new = self.latest.is_none_or(|latest| barrier.id > latest);
        if self.open == 1 && is_new {
            self.alignment.start(barrier.id, barrier.timestamp, now);
            self.alignment.end(now);
            out.push(Action::Trigger(barrier));
        } else if let Some(place) = self.pending.iter().position(|count| count.checkpoint == barrier.id) {
            if self.pending[place].mark_aligned(channel) {
                self.complete(place, now, out);
            }
        } else if is_new {
            self.alignment.start(barrier.id, barrier.timestamp, now);
            self.latest = Some(barrier.id);
            self.pending.push_back(Count::new(barrier.id, Some(barrier), channel, self.open));
            if self.pending.len() > TRACKED_MAX {
                self.pending.pop_front();
            }
        }
    }

    /// See [`super::BarrierHandler::cancellation`].
    pub fn cancellation(&mut self, checkpoint: u64, channel: u32, now: u64, out: &mut Vec<Action>) {
        let is_new = self.latest.is_none_or(|latest| checkpoint > latest);
        if self.open == 1 && is_new {
            self.alignment.reset();
            out.push(abort(checkpoint));
            return;
        }
        while self.pending.front().is_some_and(|count| count.checkpoint < checkpoint) {
            let older = self.pending.pop_front();
            out.extend(older.and_then(|count| count.barrier).map(|barrier| abort(barrier.id)));
        }
        match self.pending.front_mut().filter(|count| count.checkpoint == checkpoint) {
            Some(count) => {
                // It stays, without its barrier, until all channels have said so.
                out.extend(count.barrier.take().map(|barrier| abort(barrier.id)));
                if count.mark_aligned(channel) {
                    self.complete(0, now, out);
                }
            }
            None if is_new => {
                out.push(abort(checkpoint));
                self.latest = Some(checkpoint);
                self.pending.push_front(Count::new(checkpoint, None, channel, self.open));
            }
            None => {}
        }
    }

    /// See [`super::BarrierHandler::end_of_partition`].
    pub fn end_of_partition(&mut self, channel: u32, now: u64, out: &mut Vec<Action>) {
        self.open -= 1;
        let mut last_complete = None;
        for (place, count) in self.pending.iter_mut().enumerate() {
            if count.mark_aligned(channel) {
                last_complete = Some(place);
            }
        }
        if let Some(place) = last_complete {
            self.complete(place, now, out);
        }
    }

    /// All barriers of a pending checkpoint have come: it and the older ones are no longer pending.
    fn complete(&mut self, place: usize, now: u64, out: &mut Vec<Action>) {
        let count = self.pending.drain(..=place).next_back().expect("it is pending");
        if let Some(barrier) = count.barrier {
            if self.alignment.checkpoint() == barrier.id {
                self.alignment.end(now);
            }
            out.push(Action::Trigger(barrier));
        }
    }
}

const fn abort(checkpoint: u64) -> Action {
    Action::Abort { checkpoint, reason: CheckpointFailureReason::DeclinedOnCancellationBarrier }
}
