//! What is told of the checkpoints of a job: how many, how long, how large, subtask by subtask.
//!
//! Contract: nothing decides by it. Flink: `CheckpointStatsTracker`, `CheckpointStatsHistory`,
//! `CheckpointStatsCounts`, `PendingCheckpointStats`, `SubtaskStateStats`.

use std::rc::Rc;

use crate::base::ids::TaskId;
use crate::base::own::own_seldom;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::network::barrier::SnapshotType;

/// Flink: `web.checkpoints.history`.
pub const HISTORY_MAX: usize = 10;

/// How a checkpoint stands. Flink: `CheckpointStatsStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointStatus {
    InProgress,
    Completed,
    Failed(CheckpointFailureReason),
}

/// What a subtask told. Flink: `SubtaskStateStats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubtaskStats {
    pub task: TaskId,
    /// When its answer arrived.
    pub acknowledged_at: u64,
    pub metrics: CheckpointMetrics,
}

/// One checkpoint. Flink: `AbstractCheckpointStats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointStats {
    pub id: u64,
    pub triggered_at: u64,
    pub snapshot: SnapshotType,
    pub status: CheckpointStatus,
    /// What happened where it failed, if that is more than the reason says. Flink: `getFailureMessage`.
    pub cause: Option<Rc<str>>,
    /// When it was complete or given up.
    pub ended_at: Option<u64>,
    /// How many tasks had to answer.
    pub subtasks_total: u32,
    /// In the order of their answers.
    pub subtasks: Vec<SubtaskStats>,
    /// It was complete, and is not kept any more.
    pub is_discarded: bool,
}

impl CheckpointStats {
    /// Why it failed, in words; nothing where it did not.
    pub fn failure_message(&self) -> String {
        match (self.status, &self.cause) {
            (CheckpointStatus::Failed(reason), Some(cause)) => format!("{} {cause}", reason.message()),
            (CheckpointStatus::Failed(reason), None) => reason.message().to_owned(),
            _ => String::new(),
        }
    }

    /// From the trigger to the end, or to the last answer.
    pub fn duration(&self) -> Option<u64> {
        let end = self.ended_at.or_else(|| self.subtasks.last().map(|last| last.acknowledged_at));
        end.map(|end| end - self.triggered_at)
    }

    /// Bytes that it stands for. Flink: `getStateSize`.
    pub fn size(&self) -> u64 {
        self.sum(|metrics| metrics.total_bytes_persisted)
    }

    /// Bytes that it wrote. Flink: `getCheckpointedSize`.
    pub fn checkpointed_size(&self) -> u64 {
        self.sum(|metrics| metrics.bytes_persisted)
    }

    /// A sum over the subtasks.
    pub fn sum(&self, of: impl Fn(&CheckpointMetrics) -> u64) -> u64 {
        self.subtasks.iter().map(|subtask| of(&subtask.metrics)).sum()
    }
}

/// How many there were of each kind. Flink: `CheckpointStatsCounts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckpointCounts {
    pub restored: u32,
    /// With those that never began.
    pub total: u32,
    pub in_progress: u32,
    pub completed: u32,
    pub failed: u32,
}

/// What the job was last restored from. Flink: `RestoredCheckpointStats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoredStats {
    pub id: u64,
    pub snapshot: SnapshotType,
    pub restored_at: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct CheckpointStatsTracker {
    counts: CheckpointCounts,
    /// Oldest first.
    history: Vec<Rc<CheckpointStats>>,
    restored: Option<RestoredStats>,
    /// Why the last request was refused before it got an id, and when.
    refused: Option<(u64, CheckpointFailureReason)>,
}

impl CheckpointStatsTracker {
    /// A checkpoint begins. Of those that have ended the oldest makes place.
    pub fn report_pending(&mut self, id: u64, now: u64, snapshot: SnapshotType, subtasks_total: u32) {
        self.counts.total += 1;
        self.counts.in_progress += 1;
        self.history.push(Rc::new(CheckpointStats {
            id,
            triggered_at: now,
            snapshot,
            status: CheckpointStatus::InProgress,
            cause: None,
            ended_at: None,
            subtasks_total,
            subtasks: Vec::new(),
            is_discarded: false,
        }));
        if self.history.len() > HISTORY_MAX {
            let ended = self.history.iter().position(|stats| stats.status != CheckpointStatus::InProgress);
            self.history.remove(ended.unwrap_or(0));
        }
    }

    /// A subtask has answered, in time or late.
    pub fn report_subtask(&mut self, id: u64, subtask: SubtaskStats) {
        if let Some(stats) = self.stats_mut(id) {
            stats.subtasks.push(subtask);
        }
    }

    /// What a checkpoint is about to fail of, if it is under way.
    pub fn report_cause(&mut self, id: u64, cause: Option<Rc<str>>) {
        if let Some(stats) = self.stats_mut(id).filter(|stats| stats.status == CheckpointStatus::InProgress) {
            stats.cause = cause;
        }
    }

    /// A checkpoint is complete, or failed.
    pub fn report_end(&mut self, id: u64, now: u64, failure: Option<CheckpointFailureReason>) {
        self.counts.in_progress -= 1;
        let status = match failure {
            None => CheckpointStatus::Completed,
            Some(reason) => CheckpointStatus::Failed(reason),
        };
        self.counts.completed += u32::from(failure.is_none());
        self.counts.failed += u32::from(failure.is_some());
        if let Some(stats) = self.stats_mut(id) {
            (stats.status, stats.ended_at) = (status, Some(now));
        }
    }

    /// A request was refused before it was a checkpoint. Flink: `reportFailedCheckpointsWithoutInProgress`.
    pub fn report_refused(&mut self, now: u64, reason: CheckpointFailureReason) {
        self.counts.total += 1;
        self.counts.failed += 1;
        self.refused = Some((now, reason));
    }

    /// A completed checkpoint is not kept any more.
    pub fn report_discarded(&mut self, id: u64) {
        if let Some(stats) = self.stats_mut(id) {
            stats.is_discarded = true;
        }
    }

    /// The job was restored.
    pub fn report_restored(&mut self, id: u64, snapshot: SnapshotType, now: u64) {
        self.counts.restored += 1;
        self.restored = Some(RestoredStats { id, snapshot, restored_at: now });
    }

    pub const fn counts(&self) -> CheckpointCounts {
        self.counts
    }

    /// The latest checkpoints, oldest first.
    pub fn history(&self) -> &[Rc<CheckpointStats>] {
        &self.history
    }

    pub const fn restored(&self) -> Option<RestoredStats> {
        self.restored
    }

    /// Why the last request was refused before it got an id, and when.
    pub const fn refused(&self) -> Option<(u64, CheckpointFailureReason)> {
        self.refused
    }

    fn stats_mut(&mut self, id: u64) -> Option<&mut CheckpointStats> {
        self.history.iter_mut().find(|stats| stats.id == id).map(own_seldom)
    }
}
