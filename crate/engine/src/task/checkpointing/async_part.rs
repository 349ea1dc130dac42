//! The part of a checkpoint that runs beside the task: what was taken is stored, records in flight are awaited.
//!
//! Contract: it is done when everything is recorded and stored, never before; the task goes on meanwhile. Flink:
//! `AsyncCheckpointRunnable`, `OperatorSnapshotFutures`.

use std::rc::Rc;

use super::in_flight::{InFlightBuffer, handles};
use crate::base::ids::OperatorId;
use crate::checkpoint::barriers::AlignmentMetrics;
use crate::checkpoint::handles::{OperatorSubtaskState, TaskStateSnapshot};
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::network::barrier::CheckpointBarrier;
use crate::network::disk::DiskOptions;
use crate::operator::snapshot::OperatorSnapshot;

/// Buffers of one side of the task.
#[derive(Clone, Debug)]
pub enum ChannelState {
    /// They are still recorded.
    Awaited,
    Recorded(Vec<InFlightBuffer>),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct AsyncCheckpoint {
    barrier: CheckpointBarrier,
    state: TaskStateSnapshot,
    head: OperatorId,
    tail: OperatorId,
    subtask_idx: u32,
    started_at: u64,
    metrics: CheckpointMetrics,
    input: ChannelState,
    output: ChannelState,
    storage: DiskOptions,
    /// When all that is recorded so far is stored.
    stored_at: u64,
}

impl AsyncCheckpoint {
    /// Begins to store what the operators of a chain, head first, had.
    pub fn new(
        barrier: CheckpointBarrier,
        snapshots: &[(OperatorId, OperatorSnapshot)],
        subtask_idx: u32,
        storage: DiskOptions,
        now: u64,
    ) -> Self {
        let mut state = TaskStateSnapshot::default();
        for (operator, snapshot) in snapshots {
            let (keyed, operator_state) = snapshot.write().inline();
            let own = OperatorSubtaskState {
                keyed: keyed.into_iter().collect(),
                operator: operator_state.into_iter().collect(),
                ..OperatorSubtaskState::default()
            };
            state.put(*operator, own);
        }
        let id = |place: Option<&(OperatorId, OperatorSnapshot)>| place.expect("a chain has operators").0;
        let mut part = Self {
            barrier,
            head: id(snapshots.first()),
            tail: id(snapshots.last()),
            subtask_idx,
            started_at: now,
            metrics: CheckpointMetrics {
                start_delay_ms: now.saturating_sub(barrier.timestamp),
                ..CheckpointMetrics::default()
            },
            input: ChannelState::Recorded(Vec::new()),
            output: ChannelState::Recorded(Vec::new()),
            storage,
            stored_at: now,
            state,
        };
        part.store(part.state.checkpointed_size(), now);
        part
    }

    /// The checkpoint.
    pub const fn checkpoint(&self) -> u64 {
        self.barrier.id
    }

    /// Its barrier, as it was sent on.
    pub const fn barrier(&self) -> &CheckpointBarrier {
        &self.barrier
    }

    /// When it began.
    pub const fn started_at(&self) -> u64 {
        self.started_at
    }

    /// Takes what is known of how long barriers were awaited, if it is of this checkpoint.
    pub fn measure_alignment(&mut self, alignment: &AlignmentMetrics) {
        if alignment.checkpoint() == self.barrier.id {
            self.metrics.start_delay_ms = alignment.start_delay_ms();
            self.metrics.alignment_duration_ms = alignment.duration_ms().unwrap_or(0);
            self.metrics.bytes_processed_during_alignment = alignment.bytes_processed();
        }
    }

    /// Records in flight are awaited on the input side.
    pub fn await_input(&mut self) {
        self.input = ChannelState::Awaited;
    }

    /// They are awaited on the output side.
    pub fn await_output(&mut self) {
        self.output = ChannelState::Awaited;
    }

    /// Whether records in flight of a side are still awaited: input, output.
    pub const fn awaits(&self) -> (bool, bool) {
        (matches!(self.input, ChannelState::Awaited), matches!(self.output, ChannelState::Awaited))
    }

    /// What was in flight on the input side.
    pub fn finish_input(&mut self, buffers: Vec<InFlightBuffer>, now: u64) {
        self.store(bytes_of(&buffers), now);
        self.input = ChannelState::Recorded(buffers);
    }

    /// What was in flight on the output side.
    pub fn finish_output(&mut self, buffers: Vec<InFlightBuffer>, now: u64) {
        self.store(bytes_of(&buffers), now);
        self.output = ChannelState::Recorded(buffers);
    }

    /// When it is done, as far as that is known.
    pub const fn done_at(&self) -> Option<u64> {
        match self.awaits() {
            (false, false) => Some(self.stored_at),
            _ => None,
        }
    }

    /// What is to be handed in, and what was measured.
    pub fn finish(mut self, now: u64) -> (CheckpointMetrics, Rc<TaskStateSnapshot>) {
        let (ChannelState::Recorded(input), ChannelState::Recorded(output)) = (self.input, self.output)
        else {
            panic!("checkpoint {} awaits records in flight", self.barrier.id);
        };
        let in_flight = bytes_of(&input) + bytes_of(&output);
        let own = |id| self.state.get(id).cloned().unwrap_or_default();
        let head =
            OperatorSubtaskState { input_channels: handles(&input, self.subtask_idx), ..own(self.head) };
        self.state.put(self.head, head);
        let own = |id| self.state.get(id).cloned().unwrap_or_default();
        let result_subpartitions = handles(&output, self.subtask_idx);
        let tail = OperatorSubtaskState { result_subpartitions, ..own(self.tail) };
        self.state.put(self.tail, tail);
        let metrics = CheckpointMetrics {
            async_duration_ms: now - self.started_at,
            bytes_persisted_during_alignment: in_flight,
            bytes_persisted: self.state.checkpointed_size(),
            total_bytes_persisted: self.state.size(),
            is_unaligned: self.barrier.options.is_unaligned(),
            ..self.metrics
        };
        (metrics, Rc::new(self.state))
    }

    /// Storing takes the storage's latency, and a tick for each so many bytes; one thing after another.
    fn store(&mut self, bytes: u64, now: u64) {
        let moving = bytes.div_ceil(u64::from(self.storage.bytes_per_tick).max(1));
        self.stored_at = self.stored_at.max(now) + moving;
        if bytes > 0 {
            self.stored_at += u64::from(self.storage.latency_ticks);
        }
    }
}

fn bytes_of(buffers: &[InFlightBuffer]) -> u64 {
    buffers.iter().map(|buffer| buffer.bytes.len() as u64).sum()
}
