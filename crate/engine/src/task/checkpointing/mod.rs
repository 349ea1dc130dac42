//! What a task remembers about the checkpoints that it takes part in.
//!
//! Contract: checkpoints begin in the order of their ids; each is acknowledged or declined at most once. Flink:
//! `SubtaskCheckpointCoordinatorImpl`, and what `StreamTask` keeps for its final checkpoint.

pub mod async_part;
pub mod cut;
pub mod download;
pub mod in_flight;

use self::async_part::{AsyncCheckpoint, deletions};
use self::cut::CutLog;
use self::download::Download;
use super::descriptor::TaskDescriptor;
use crate::base::ordered::SortedSet;
use crate::checkpoint::barriers::{Action, BarrierHandler};
use crate::checkpoint::storage::file_system::{FileAnswer, FileRequest};
use crate::graph::checkpoint_settings::CheckpointingMode;
use crate::network::barrier::CheckpointBarrier;

/// See the module.
#[derive(Clone, Debug)]
pub struct Checkpointing {
    /// What comes over the channels.
    pub(super) handler: BarrierHandler,
    /// The newest one that was taken or given up.
    last: u64,
    /// Given up by the JobMaster before any barrier came.
    aborted: SortedSet<u64>,
    /// Snapshots that are being stored, older ones first.
    pub(super) running: Vec<AsyncCheckpoint>,
    /// While the files are read that it is restored from.
    pub(super) download: Option<Download>,
    /// What the file system is to do about files of snapshots that were given up.
    deletions: Vec<FileRequest>,
    /// When the barrier that was sent on overtakes where it still waits.
    output_timer: Option<(u64, u64)>,
    /// The first checkpoint that was taken after all data: with it, or a later one, the task may end.
    final_min: Option<u64>,
    is_final_complete: bool,
    /// The savepoint that the task stops with once its data has ended.
    pub(super) stop: Option<CheckpointBarrier>,
    /// The savepoint that the task stops with, once it is taken. Flink: `syncSavepoint`.
    sync_savepoint: Option<u64>,
    /// The newest one that is known to be complete.
    last_complete: u64,
    /// Of the data that came over the channels, what the handler knows of.
    pub(super) data_bytes_seen: u64,
    /// What had come over each channel, numbered over all gates.
    pub(super) received: CutLog,
    /// Memory for what the handler wants done.
    pub(super) actions: Vec<Action>,
}

impl Checkpointing {
    /// For a task with so many input channels.
    pub fn new(descriptor: &TaskDescriptor) -> Self {
        let settings = &descriptor.checkpoint;
        let is_exactly_once = settings.mode == CheckpointingMode::ExactlyOnce;
        let channels = descriptor.gates.iter().map(|gate| gate.channels.len() as u32).sum();
        Self {
            handler: BarrierHandler::new(is_exactly_once, settings.is_unaligned(), channels),
            last: 0,
            aborted: SortedSet::new(),
            running: Vec::new(),
            download: None,
            deletions: Vec::new(),
            output_timer: None,
            final_min: None,
            is_final_complete: false,
            stop: None,
            sync_savepoint: None,
            last_complete: 0,
            data_bytes_seen: 0,
            received: CutLog::default(),
            actions: Vec::new(),
        }
    }

    /// What comes over the channels.
    pub const fn handler(&self) -> &BarrierHandler {
        &self.handler
    }

    /// What had come over each channel, numbered over all gates, when a checkpoint was taken.
    pub const fn received(&self) -> &CutLog {
        &self.received
    }

    /// Snapshots that are being stored.
    pub fn running(&self) -> &[AsyncCheckpoint] {
        &self.running
    }

    /// The newest checkpoint that the task took.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// A checkpoint is to be taken. Answers whether it may.
    pub(super) fn begin(&mut self, checkpoint: u64) -> Begin {
        if self.last >= checkpoint {
            return Begin::OutOfOrder;
        }
        self.last = checkpoint;
        let was_aborted = self.aborted.contains(&checkpoint);
        self.aborted = self.aborted.split_off(&(checkpoint + 1));
        if was_aborted { Begin::Aborted } else { Begin::Take }
    }

    /// The barriers of a checkpoint will not all come.
    pub(super) fn give_up(&mut self, checkpoint: u64) {
        self.last = self.last.max(checkpoint);
        self.discard(|id| id == checkpoint);
        if self.output_timer.is_some_and(|(_, of)| of == checkpoint) {
            self.output_timer = None;
        }
    }

    /// The JobMaster gave a checkpoint up.
    pub(super) fn abort(&mut self, checkpoint: u64) {
        if checkpoint > self.last {
            self.aborted.insert(checkpoint);
        } else {
            self.discard(|id| id == checkpoint);
        }
    }

    /// Nothing comes of some of the snapshots that are being stored.
    pub(super) fn discard(&mut self, is_given_up: impl Fn(u64) -> bool) {
        let is_given_up = |part: &mut AsyncCheckpoint| is_given_up(part.checkpoint());
        for part in self.running.extract_if(.., is_given_up) {
            self.deletions.extend(deletions(&part));
        }
    }

    /// The same of one that is not among them any more.
    pub(super) fn delete(&mut self, files: Vec<FileRequest>) {
        self.deletions.extend(files);
    }

    /// What is wanted of the file system since the last call.
    pub(super) fn take_file_requests(&mut self) -> Vec<FileRequest> {
        let mut requests = std::mem::take(&mut self.deletions);
        for part in &mut self.running {
            requests.extend(part.take_unsent().into_iter().map(FileRequest::Write));
        }
        requests
    }

    /// The file system has done, or failed to do, something.
    pub(super) fn on_file(&mut self, answer: &FileAnswer, now: u64) {
        if self.download.as_mut().is_some_and(|download| download.on_read(answer)) {
            return;
        }
        let failure = answer.result.as_ref().err().map(ToString::to_string);
        self.running.iter_mut().any(|part| part.on_written(&answer.path, failure.clone(), now));
    }

    /// A checkpoint is complete. Answers whether that is news.
    pub(super) fn complete(&mut self, checkpoint: u64) -> bool {
        self.is_final_complete |= self.final_min.is_some_and(|min| checkpoint >= min);
        self.is_final_complete |= self.sync_savepoint == Some(checkpoint);
        let is_news = checkpoint > self.last_complete;
        self.last_complete = self.last_complete.max(checkpoint);
        is_news
    }

    /// A checkpoint was taken after all data.
    pub(super) const fn note_final(&mut self, checkpoint: u64) {
        if self.final_min.is_none() {
            self.final_min = Some(checkpoint);
        }
    }

    /// The job is to stop with this savepoint.
    pub(super) const fn note_sync_savepoint(&mut self, checkpoint: u64) {
        self.sync_savepoint = Some(checkpoint);
    }

    /// Whether it stops with this savepoint. Flink: `StreamTask#isCurrentSyncSavepoint`.
    pub(super) fn stops_with(&self, checkpoint: u64) -> bool {
        self.sync_savepoint.or(self.stop.map(|barrier| barrier.id)) == Some(checkpoint)
    }

    /// Whether it waits for the savepoint that it stops with.
    pub(super) const fn has_sync_savepoint(&self) -> bool {
        self.sync_savepoint.is_some()
    }

    /// Whether all that the task emitted stands in a checkpoint that is complete.
    pub const fn is_final_complete(&self) -> bool {
        self.is_final_complete
    }

    /// The barrier was sent on: it may overtake later.
    pub(super) const fn arm_output_timer(&mut self, barrier: &CheckpointBarrier) {
        self.output_timer = match barrier.options.aligned_timeout_ms {
            Some(timeout) if barrier.options.is_timeoutable() => {
                Some((barrier.timestamp + timeout, barrier.id))
            }
            _ => None,
        };
    }

    /// When [`Self::take_due_timers`] has something to give.
    pub fn next_timer(&self) -> Option<u64> {
        let output = self.output_timer.map(|(at, _)| at);
        match (output, self.handler.next_timer()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The timers that are due: of the barriers that are awaited, and of the barrier that was sent on.
    pub(super) fn take_due_timers(&mut self, now: u64) -> (Option<u64>, Option<u64>) {
        let output = self.output_timer.take_if(|(at, _)| *at <= now).map(|(_, checkpoint)| checkpoint);
        (self.handler.take_due_timer(now), output)
    }
}

/// What is to be done about a checkpoint that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    Take,
    /// A newer one was begun before.
    OutOfOrder,
    /// The JobMaster has given it up: who reads from here need not wait for its barrier.
    Aborted,
}
