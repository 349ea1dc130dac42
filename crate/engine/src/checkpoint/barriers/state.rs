//! The states of a checkpoint that is exactly once, and what each does about a barrier.
//!
//! Contract: a channel is blocked at most once until it is resumed; an announcement is remembered until its barrier
//! comes or overtakes. Flink: `BarrierHandlerState` and its kinds, `ChannelState`.

use super::Action;
use crate::base::ordered::{SortedMap, SortedSet};
use crate::network::barrier::CheckpointBarrier;

/// Which machine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Barriers never overtake.
    Aligned,
    /// They always do.
    Unaligned,
    /// They begin aligned and overtake when their time is out, or when they do already. Flink builds this one
    /// whenever unaligned checkpoints are on.
    Alternating,
}

/// Where the machine stands. `WaitingForFirstBarrier` and its alternating kinds are one state here and so are the
/// collecting ones: the mode tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    WaitingForFirstBarrier,
    CollectingBarriers,
    WaitingForFirstBarrierUnaligned,
    CollectingBarriersUnaligned,
}

/// What a state wants to know of the handler. Flink: `BarrierHandlerState.Controller`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// This was the last barrier.
    pub all_received: bool,
    pub now: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct BarrierState {
    mode: Mode,
    phase: Phase,
    blocked: SortedSet<u32>,
    /// Channels with a barrier that may yet overtake, and its sequence number there.
    announced: SortedMap<u32, u32>,
}

impl BarrierState {
    pub(super) const fn new(mode: Mode) -> Self {
        let phase = Self::first_phase(mode);
        Self { mode, phase, blocked: SortedSet::new(), announced: SortedMap::new() }
    }

    pub(super) const fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) const fn blocked(&self) -> &SortedSet<u32> {
        &self.blocked
    }

    const fn first_phase(mode: Mode) -> Phase {
        match mode {
            Mode::Unaligned => Phase::WaitingForFirstBarrierUnaligned,
            _ => Phase::WaitingForFirstBarrier,
        }
    }

    const fn is_unaligned(&self) -> bool {
        matches!(self.phase, Phase::WaitingForFirstBarrierUnaligned | Phase::CollectingBarriersUnaligned)
    }

    /// A barrier of the pending checkpoint. `blocks`: its channel gives nothing more until it is resumed.
    pub(super) fn barrier(
        &mut self,
        barrier: CheckpointBarrier,
        channel: u32,
        blocks: bool,
        progress: Progress,
        out: &mut Vec<Action>,
    ) {
        let overtakes = barrier.options.is_unaligned();
        assert!(!overtakes || self.mode != Mode::Aligned, "a barrier overtakes where none may");
        if self.is_unaligned() {
            // An aligned barrier blocks its channel, whatever the others do.
            if blocks && !overtakes {
                self.block(channel, out);
            }
            return self.unaligned_barrier(barrier, progress, out);
        }
        if overtakes {
            self.timeout(barrier, out);
            return self.unaligned_barrier(barrier, progress, out);
        }
        self.announced.remove(&channel);
        if blocks {
            self.block(channel, out);
        }
        if progress.all_received {
            self.finish_aligned(barrier, out);
        } else if self.times_out(barrier, progress) {
            self.timeout(barrier, out);
            self.unaligned_barrier(barrier, progress, out);
        } else {
            self.phase = Phase::CollectingBarriers;
        }
    }

    fn times_out(&self, pending: CheckpointBarrier, progress: Progress) -> bool {
        self.mode == Mode::Alternating && pending.is_timed_out(progress.now)
    }

    fn unaligned_barrier(&mut self, barrier: CheckpointBarrier, progress: Progress, out: &mut Vec<Action>) {
        if self.phase == Phase::WaitingForFirstBarrierUnaligned {
            start_unaligned(barrier, out);
        }
        self.phase = Phase::CollectingBarriersUnaligned;
        if progress.all_received {
            self.stop(barrier.id, out);
        }
    }

    /// A barrier was announced on a channel.
    pub(super) fn announcement(&mut self, channel: u32, sequence_number: u32, out: &mut Vec<Action>) {
        if self.is_unaligned() {
            out.push(Action::ConvertToPriority { channel, sequence_number });
        } else if self.mode == Mode::Alternating {
            self.announced.insert(channel, sequence_number);
        }
    }

    /// The pending checkpoint has been aligned for too long. Flink: `alignedCheckpointTimeout`.
    pub(super) fn timeout(&mut self, barrier: CheckpointBarrier, out: &mut Vec<Action>) {
        assert!(self.mode != Mode::Aligned, "there is nothing to change to");
        if self.is_unaligned() {
            return;
        }
        for (channel, sequence_number) in std::mem::take(&mut self.announced) {
            out.push(Action::ConvertToPriority { channel, sequence_number });
        }
        if self.phase == Phase::CollectingBarriers {
            start_unaligned(barrier, out);
            self.phase = Phase::CollectingBarriersUnaligned;
        } else {
            self.phase = Phase::WaitingForFirstBarrierUnaligned;
        }
    }

    /// A channel has ended. `pending`: the checkpoint that waits for it, for which this counts as its barrier.
    pub(super) fn end_of_partition(
        &mut self,
        channel: u32,
        pending: CheckpointBarrier,
        progress: Progress,
        out: &mut Vec<Action>,
    ) {
        self.blocked.remove(&channel);
        self.announced.remove(&channel);
        match self.phase {
            Phase::CollectingBarriersUnaligned if progress.all_received => self.stop(pending.id, out),
            Phase::CollectingBarriers if progress.all_received => self.finish_aligned(pending, out),
            // The timer's mail may stand behind the end in the mailbox.
            Phase::CollectingBarriers if self.times_out(pending, progress) => self.timeout(pending, out),
            // A checkpoint begins with a barrier, never with an end.
            _ => {}
        }
    }

    /// The checkpoint is given up.
    pub(super) fn abort(&mut self, checkpoint: u64, out: &mut Vec<Action>) {
        if self.phase == Phase::CollectingBarriersUnaligned {
            self.stop(checkpoint, out);
        } else {
            self.start_over(out);
        }
    }

    fn block(&mut self, channel: u32, out: &mut Vec<Action>) {
        self.blocked.insert(channel);
        out.push(Action::Block(channel));
    }

    fn finish_aligned(&mut self, barrier: CheckpointBarrier, out: &mut Vec<Action>) {
        if self.mode == Mode::Alternating {
            out.push(Action::InitInputs(barrier));
        }
        out.push(Action::Trigger(barrier));
        self.start_over(out);
    }

    fn stop(&mut self, checkpoint: u64, out: &mut Vec<Action>) {
        out.push(Action::InputsStop(checkpoint));
        self.start_over(out);
    }

    fn start_over(&mut self, out: &mut Vec<Action>) {
        out.extend(std::mem::take(&mut self.blocked).into_iter().map(Action::Resume));
        self.announced.clear();
        self.phase = Self::first_phase(self.mode);
    }
}

fn start_unaligned(barrier: CheckpointBarrier, out: &mut Vec<Action>) {
    let barrier = barrier.as_unaligned();
    out.extend([Action::InitInputs(barrier), Action::InputsStart(barrier), Action::Trigger(barrier)]);
}
