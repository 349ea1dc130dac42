//! Barriers that are exactly once: one checkpoint at a time. Flink: `SingleCheckpointBarrierHandler`.
//!
//! Contract: checkpoints rise; a newer one takes the place of the one that is pending. A channel that has ended counts
//! as one whose barrier has come.

use super::alignment::AlignmentMetrics;
use super::state::{BarrierState, Mode, Progress};
use super::{Action, CheckpointFailureReason};
use crate::base::ordered::SortedSet;
use crate::network::barrier::CheckpointBarrier;

/// See the module.
#[derive(Clone, Debug)]
pub struct SingleCheckpointBarrierHandler {
    state: BarrierState,
    current: Option<u64>,
    /// The barrier or announcement that was the first of the current checkpoint.
    current_barrier: Option<CheckpointBarrier>,
    last_done: Option<u64>,
    /// Channels whose barrier came, or which have ended since the first one.
    aligned: SortedSet<u32>,
    /// How many are to come in all.
    target: u32,
    open: u32,
    timer: Option<u64>,
    alignment: AlignmentMetrics,
}

impl SingleCheckpointBarrierHandler {
    /// A handler over so many channels.
    pub const fn new(mode: Mode, channels: u32) -> Self {
        Self {
            state: BarrierState::new(mode),
            current: None,
            current_barrier: None,
            last_done: None,
            aligned: SortedSet::new(),
            target: 0,
            open: channels,
            timer: None,
            alignment: AlignmentMetrics::NONE,
        }
    }

    /// Whether the current checkpoint waits for barriers. Flink: `isCheckpointPending`.
    pub fn is_pending(&self) -> bool {
        self.current.is_some() && self.current != self.last_done
    }

    /// See [`super::BarrierHandler::latest_checkpoint`].
    pub const fn latest_checkpoint(&self) -> Option<u64> {
        self.current
    }

    /// Channels of which nothing is read until the others have their barrier.
    pub const fn blocked(&self) -> &SortedSet<u32> {
        self.state.blocked()
    }

    pub(super) const fn alignment(&self) -> &AlignmentMetrics {
        &self.alignment
    }

    pub(super) const fn alignment_mut(&mut self) -> &mut AlignmentMetrics {
        &mut self.alignment
    }

    pub(super) const fn next_timer(&self) -> Option<u64> {
        self.timer
    }

    pub(super) fn take_due_timer(&mut self, now: u64) -> Option<u64> {
        self.timer.take_if(|at| *at <= now).and(self.current)
    }

    /// See [`super::BarrierHandler::barrier`].
    pub fn barrier(
        &mut self,
        barrier: CheckpointBarrier,
        channel: u32,
        from_rpc: bool,
        now: u64,
        out: &mut Vec<Action>,
    ) {
        if self.is_over(barrier.id) {
            if !barrier.options.is_unaligned() {
                out.push(Action::Resume(channel));
            }
            return;
        }
        self.begin_if_new(barrier, out);
        let progress = self.mark_aligned(channel, barrier, now);
        self.state.barrier(barrier, channel, !from_rpc, progress, out);
        self.end_if_all_received(progress);
    }

    /// See [`super::BarrierHandler::announcement`].
    pub fn announcement(
        &mut self,
        barrier: CheckpointBarrier,
        sequence_number: u32,
        channel: u32,
        out: &mut Vec<Action>,
    ) {
        self.begin_if_new(barrier, out);
        if !self.is_over(barrier.id) {
            self.state.announcement(channel, sequence_number, out);
        }
    }

    /// See [`super::BarrierHandler::cancellation`].
    pub fn cancellation(&mut self, checkpoint: u64, out: &mut Vec<Action>) {
        let is_newer = self.current.is_none_or(|current| checkpoint > current);
        if is_newer || (self.current == Some(checkpoint) && !self.aligned.is_empty()) {
            self.abort(checkpoint, CheckpointFailureReason::DeclinedOnCancellationBarrier, out);
        }
    }

    /// See [`super::BarrierHandler::end_of_partition`].
    pub fn end_of_partition(&mut self, channel: u32, now: u64, out: &mut Vec<Action>) {
        self.open -= 1;
        if let Some(pending) = self.current_barrier.filter(|_| self.is_pending()) {
            let progress = self.mark_aligned(channel, pending, now);
            self.state.end_of_partition(channel, pending, progress, out);
            self.end_if_all_received(progress);
        }
    }

    /// See [`super::BarrierHandler::on_timer`].
    pub fn on_timer(&mut self, checkpoint: u64, out: &mut Vec<Action>) {
        let pending = self.current_barrier.filter(|pending| pending.id == checkpoint && self.is_pending());
        if let Some(pending) = pending {
            self.state.timeout(pending, out);
        }
    }

    /// Whether nothing is to be done about a checkpoint any more.
    fn is_over(&self, checkpoint: u64) -> bool {
        self.current.is_some_and(|current| {
            current > checkpoint || (current == checkpoint && self.last_done == Some(checkpoint))
        })
    }

    fn begin_if_new(&mut self, barrier: CheckpointBarrier, out: &mut Vec<Action>) {
        if self.current.is_some_and(|current| current >= barrier.id) {
            return;
        }
        if let Some(current) = self.current.filter(|_| self.is_pending()) {
            self.abort(current, CheckpointFailureReason::DeclinedSubsumed, out);
        }
        self.current = Some(barrier.id);
        self.current_barrier = Some(barrier);
        self.aligned.clear();
        self.target = self.open;
        if self.state.mode() == Mode::Alternating && barrier.options.is_timeoutable() {
            self.timer = barrier.options.aligned_timeout_ms.map(|timeout| barrier.timestamp + timeout);
        }
    }

    fn mark_aligned(&mut self, channel: u32, barrier: CheckpointBarrier, now: u64) -> Progress {
        if self.aligned.insert(channel) && self.aligned.len() == 1 {
            self.alignment.start(barrier.id, barrier.timestamp, now);
        }
        let all_received = self.aligned.len() as u32 == self.target;
        if all_received {
            self.alignment.end(now);
        }
        Progress { all_received, now }
    }

    fn end_if_all_received(&mut self, progress: Progress) {
        if progress.all_received {
            self.aligned.clear();
            self.last_done = self.current;
            self.timer = None;
        }
    }

    pub(super) fn abort(&mut self, checkpoint: u64, reason: CheckpointFailureReason, out: &mut Vec<Action>) {
        self.current = self.current.max(Some(checkpoint));
        self.last_done = self.last_done.max(Some(checkpoint));
        self.aligned.clear();
        self.target = 0;
        self.timer = None;
        self.alignment.reset();
        self.state.abort(checkpoint, out);
        out.push(Action::Abort { checkpoint, reason });
    }
}
