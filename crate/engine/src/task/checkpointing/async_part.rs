//! The part of a checkpoint that runs beside the task: what was taken is stored, records in flight are awaited.
//!
//! Contract: it is done when everything is recorded and stored, never before; the task goes on meanwhile. What is too
//! small for a file of its own, or goes to the JobManager's memory, is handed in with the answer. Flink:
//! `AsyncCheckpointRunnable`, `OperatorSnapshotFutures`, `FsCheckpointStreamFactory`.

use std::rc::Rc;

use super::in_flight::{InFlightBuffer, handles};
use crate::base::ids::OperatorId;
use crate::checkpoint::barriers::AlignmentMetrics;
use crate::checkpoint::handles::{
    ChannelStateHandle, OperatorSubtaskState, StreamStateHandle, TaskStateSnapshot,
};
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::checkpoint::storage::file_system::FileRequest;
use crate::checkpoint::storage::store::{Writer, store};
use crate::checkpoint::storage::{
    CheckpointPlace, CheckpointStorage, FileWrite, SnapshotId, StateScope, StateTooLarge,
};
use crate::network::barrier::CheckpointBarrier;
use crate::network::disk::DiskOptions;
use crate::operator::snapshot::OperatorSnapshot;

/// Buffers of one side of the task.
#[derive(Clone, Debug)]
pub enum ChannelState {
    /// They are still recorded.
    Awaited,
    Recorded(Vec<ChannelStateHandle>),
}

/// A file of the snapshot.
#[derive(Clone, Debug)]
struct SnapshotFile {
    path: Rc<str>,
    is_written: bool,
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
    storage: CheckpointStorage,
    /// How fast bytes are handed over that go to no file.
    speed: DiskOptions,
    /// When all that is recorded so far is handed over.
    stored_at: u64,
    files: Vec<SnapshotFile>,
    /// Files that nobody has asked to write so far.
    unsent: Vec<FileWrite>,
    /// Why it cannot be stored.
    failure: Option<String>,
}

impl AsyncCheckpoint {
    /// Begins to store what the operators of a chain, head first, had.
    pub fn new(
        barrier: CheckpointBarrier,
        snapshots: &[(OperatorId, OperatorSnapshot)],
        subtask_idx: u32,
        (storage, speed): (CheckpointStorage, DiskOptions),
        now: u64,
    ) -> Self {
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
            speed,
            stored_at: now,
            state: TaskStateSnapshot::default(),
            files: Vec::new(),
            unsent: Vec::new(),
            failure: None,
        };
        for (operator, snapshot) in snapshots {
            match store(snapshot, &part.storage, part.writer(*operator)) {
                Ok((state, files)) => {
                    part.state.put(*operator, state);
                    part.add_files(files);
                }
                Err(error) => part.fail(&error),
            }
        }
        part.hand_over(part.state.checkpointed_size(), now);
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

    /// Whether all data was through, and whether it was so when the task was restored.
    pub const fn mark_finished(&mut self, is_finished: bool, is_finished_on_restore: bool) {
        self.state.is_task_finished = is_finished;
        self.state.is_task_deployed_as_finished = is_finished_on_restore;
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
    pub fn finish_input(&mut self, buffers: &[InFlightBuffer], now: u64) {
        self.input = self.place_channels(self.head, "input", buffers, now);
    }

    /// What was in flight on the output side.
    pub fn finish_output(&mut self, buffers: &[InFlightBuffer], now: u64) {
        self.output = self.place_channels(self.tail, "output", buffers, now);
    }

    /// When it is done, as far as that is known: files are written when the file system says so.
    pub fn done_at(&self) -> Option<u64> {
        let is_open = self.awaits() != (false, false) || self.files.iter().any(|file| !file.is_written);
        (self.failure.is_some() || !is_open).then_some(self.stored_at)
    }

    /// Files that the file system is to write.
    pub fn take_unsent(&mut self) -> Vec<FileWrite> {
        std::mem::take(&mut self.unsent)
    }

    /// All its files: they go if nothing comes of it.
    pub fn paths(&self) -> impl Iterator<Item = &Rc<str>> {
        self.files.iter().map(|file| &file.path)
    }

    /// A file is written, or why it is not. Answers whether it is one of this snapshot.
    pub fn on_written(&mut self, path: &str, failure: Option<String>, now: u64) -> bool {
        let Some(file) = self.files.iter_mut().find(|file| &*file.path == path) else { return false };
        file.is_written = failure.is_none();
        self.stored_at = self.stored_at.max(now);
        self.failure = self.failure.take().or(failure);
        true
    }

    /// What is to be handed in, and what was measured; or why there is nothing.
    pub fn finish(mut self, now: u64) -> Result<(CheckpointMetrics, Rc<TaskStateSnapshot>), String> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let (ChannelState::Recorded(input_channels), ChannelState::Recorded(result_subpartitions)) =
            (self.input, self.output)
        else {
            panic!("checkpoint {} awaits records in flight", self.barrier.id);
        };
        let own = |id| self.state.get(id).cloned().unwrap_or_default();
        let head = OperatorSubtaskState { input_channels, ..own(self.head) };
        self.state.put(self.head, head);
        let own = |id| self.state.get(id).cloned().unwrap_or_default();
        let tail = OperatorSubtaskState { result_subpartitions, ..own(self.tail) };
        self.state.put(self.tail, tail);
        let metrics = CheckpointMetrics {
            async_duration_ms: now - self.started_at,
            bytes_persisted: self.state.checkpointed_size(),
            total_bytes_persisted: self.state.size(),
            is_unaligned: self.barrier.options.is_unaligned(),
            ..self.metrics
        };
        Ok((metrics, Rc::new(self.state)))
    }

    const fn writer(&self, operator: OperatorId) -> Writer {
        let options = self.barrier.options;
        let of =
            SnapshotId { checkpoint: self.barrier.id, snapshot: options.snapshot, target: options.target };
        Writer { of, operator, subtask_idx: self.subtask_idx }
    }

    /// Handles of what was in flight on one side, over bytes in one place.
    fn place_channels(
        &mut self,
        operator: OperatorId,
        side: &str,
        buffers: &[InFlightBuffer],
        now: u64,
    ) -> ChannelState {
        let in_flight = bytes_of(buffers);
        self.metrics.bytes_persisted_during_alignment += in_flight;
        self.hand_over(in_flight, now);
        let mut handles = handles(buffers, self.subtask_idx);
        if let Some(StreamStateHandle::Bytes(bytes)) = handles.first().map(|first| first.data.clone()) {
            let writer = self.writer(operator);
            match self.storage.place(writer.of, StateScope::Exclusive, &writer.name_of(side), &bytes) {
                Ok((data, file)) => {
                    for handle in &mut handles {
                        handle.data = data.clone();
                    }
                    self.add_files(file);
                }
                Err(error) => self.fail(&error),
            }
        }
        ChannelState::Recorded(handles)
    }

    fn add_files(&mut self, files: impl IntoIterator<Item = FileWrite>) {
        for file in files {
            self.files.push(SnapshotFile { path: Rc::clone(&file.path), is_written: false });
            self.unsent.push(file);
        }
    }

    fn fail(&mut self, error: &StateTooLarge) {
        self.failure = Some(error.to_string());
    }

    /// What goes to no file takes a tick for each so many bytes, one thing after another.
    fn hand_over(&mut self, bytes: u64, now: u64) {
        self.stored_at = self.stored_at.max(now);
        if bytes > 0 && matches!(self.storage.place, CheckpointPlace::JobManager { .. }) {
            let moving = bytes.div_ceil(u64::from(self.speed.bytes_per_tick).max(1));
            self.stored_at += moving + u64::from(self.speed.latency_ticks);
        }
    }
}

/// What nobody needs of a snapshot that is given up.
pub fn deletions(part: &AsyncCheckpoint) -> impl Iterator<Item = FileRequest> {
    part.paths().map(|path| FileRequest::Delete(Rc::clone(path)))
}

fn bytes_of(buffers: &[InFlightBuffer]) -> u64 {
    buffers.iter().map(|buffer| buffer.bytes.len() as u64).sum()
}
