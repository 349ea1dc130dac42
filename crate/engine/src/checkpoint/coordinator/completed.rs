//! Checkpoints that are complete, and which of them are kept.
//!
//! Contract: ids rise; the newest is never dropped; what is dropped is given back to be deleted. Flink:
//! `CompletedCheckpoint`, `DefaultCompletedCheckpointStore`, `CheckpointSubsumeHelper`, `CheckpointProperties`.

use std::rc::Rc;

use crate::base::ids::OperatorId;
use crate::base::ordered::SortedMap;
use crate::checkpoint::operator_state::OperatorState;
use crate::graph::checkpoint_settings::ExternalizedCheckpointRetention;
use crate::network::barrier::{SavepointFormat, SnapshotType};
use crate::record::Value;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletedCheckpoint {
    pub id: u64,
    /// When it was triggered.
    pub timestamp: u64,
    pub completed_at: u64,
    pub snapshot: SnapshotType,
    /// Of a savepoint.
    pub format: SavepointFormat,
    pub owner: SnapshotOwner,
    /// The directory of its files; empty where it has none. Not in `_metadata`, which may be moved. Flink:
    /// `getExternalPointer`.
    pub pointer: Rc<str>,
    pub operators: SortedMap<OperatorId, OperatorState>,
    /// What the hooks of the master had.
    pub master_states: Rc<[Value]>,
}

/// Who deletes a snapshot. Flink: what `CheckpointProperties` say about discarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotOwner {
    /// The job, which took it or took it over, when it is subsumed or the job ends.
    Job,
    /// Whoever asked for it.
    User,
}

/// How a job ended. Flink: a `JobStatus` that is globally terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    Finished,
    Canceled,
    Failed,
}

impl CompletedCheckpoint {
    /// How many bytes it stands for.
    pub fn size(&self) -> u64 {
        self.operators.values().map(OperatorState::size).sum()
    }

    /// Whether it goes when the job ends.
    pub fn is_discarded_at(&self, end: JobEnd, retention: ExternalizedCheckpointRetention) -> bool {
        use ExternalizedCheckpointRetention::{DeleteOnCancellation, RetainOnCancellation};
        match end {
            _ if self.owner != SnapshotOwner::Job => false,
            JobEnd::Finished => true,
            JobEnd::Canceled => retention != RetainOnCancellation,
            JobEnd::Failed => !matches!(retention, DeleteOnCancellation | RetainOnCancellation),
        }
    }
}

/// The checkpoints that are kept. See the module.
#[derive(Clone, Debug)]
pub struct CompletedCheckpointStore {
    retained_max: u32,
    /// Oldest first.
    checkpoints: Vec<Rc<CompletedCheckpoint>>,
}

impl CompletedCheckpointStore {
    /// An empty store that keeps so many.
    pub const fn new(retained_max: u32) -> Self {
        Self { retained_max, checkpoints: Vec::new() }
    }

    /// Adds a checkpoint; those that are no longer kept are given back, oldest first. Flink:
    /// `addCheckpointAndSubsumeOldestOne`.
    pub fn add(&mut self, checkpoint: Rc<CompletedCheckpoint>) -> Vec<Rc<CompletedCheckpoint>> {
        let last = self.checkpoints.last().map_or(0, |last| last.id);
        assert!(checkpoint.id > last, "checkpoint {} completes after checkpoint {last}", checkpoint.id);
        self.checkpoints.push(checkpoint);
        let mut dropped = Vec::new();
        let mut at = 0;
        while self.checkpoints.len() > self.retained_max as usize && at < self.checkpoints.len() - 1 {
            if self.may_drop(at) {
                dropped.push(self.checkpoints.remove(at));
            } else {
                at += 1;
            }
        }
        dropped
    }

    /// Of the checkpoints that are no savepoints the latest stays: without it the registry would lose what the next
    /// one builds upon.
    fn may_drop(&self, at: usize) -> bool {
        let is_checkpoint = |checkpoint: &Rc<CompletedCheckpoint>| !checkpoint.snapshot.is_savepoint();
        !is_checkpoint(&self.checkpoints[at]) || self.checkpoints[at + 1..].iter().any(is_checkpoint)
    }

    /// The job has ended: those that go with it. The rest stays for whoever restores from it.
    pub fn shutdown(
        &mut self,
        end: JobEnd,
        retention: ExternalizedCheckpointRetention,
    ) -> Vec<Rc<CompletedCheckpoint>> {
        let mut dropped = Vec::new();
        for checkpoint in std::mem::take(&mut self.checkpoints) {
            let goes = checkpoint.is_discarded_at(end, retention);
            if goes { &mut dropped } else { &mut self.checkpoints }.push(checkpoint);
        }
        dropped
    }

    /// The newest.
    pub fn latest(&self) -> Option<&Rc<CompletedCheckpoint>> {
        self.checkpoints.last()
    }

    /// The oldest id that is kept.
    pub fn lowest_id(&self) -> Option<u64> {
        self.checkpoints.first().map(|checkpoint| checkpoint.id)
    }

    /// All that are kept, oldest first.
    pub fn checkpoints(&self) -> &[Rc<CompletedCheckpoint>] {
        &self.checkpoints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExternalizedCheckpointRetention as Retention;

    fn checkpoint(id: u64, snapshot: SnapshotType) -> Rc<CompletedCheckpoint> {
        Rc::new(CompletedCheckpoint {
            id,
            timestamp: id,
            completed_at: id,
            snapshot,
            format: SavepointFormat::Canonical,
            owner: if snapshot.is_savepoint() { SnapshotOwner::User } else { SnapshotOwner::Job },
            pointer: "".into(),
            operators: SortedMap::new(),
            master_states: Rc::new([]),
        })
    }

    fn ids(checkpoints: &[Rc<CompletedCheckpoint>]) -> Vec<u64> {
        checkpoints.iter().map(|checkpoint| checkpoint.id).collect()
    }

    #[test]
    fn the_oldest_goes_and_the_newest_stays() {
        let mut store = CompletedCheckpointStore::new(2);
        let dropped: Vec<Vec<u64>> =
            [1, 2, 4, 5].map(|id| ids(&store.add(checkpoint(id, SnapshotType::Checkpoint)))).into();
        assert_eq!(dropped, [vec![], vec![], vec![1], vec![2]]);
        assert_eq!((ids(store.checkpoints()), store.lowest_id()), (vec![4, 5], Some(4)));
    }

    #[test]
    fn the_latest_checkpoint_stays_beside_a_savepoint() {
        let mut store = CompletedCheckpointStore::new(1);
        assert!(store.add(checkpoint(1, SnapshotType::Checkpoint)).is_empty());
        assert!(store.add(checkpoint(2, SnapshotType::SavepointSuspend)).is_empty());
        assert_eq!(ids(store.checkpoints()), [1, 2]);
        assert_eq!(ids(&store.add(checkpoint(3, SnapshotType::Checkpoint))), [1, 2]);
    }

    #[test]
    fn what_stays_after_the_job_is_as_the_retention_says() {
        let kept = |end, retention| {
            let mut store = CompletedCheckpointStore::new(2);
            store.add(checkpoint(1, SnapshotType::Checkpoint));
            store.add(checkpoint(2, SnapshotType::SavepointSuspend));
            let dropped = store.shutdown(end, retention);
            assert_eq!(dropped.len() + store.checkpoints().len(), 2);
            ids(store.checkpoints())
        };
        let ends = [JobEnd::Finished, JobEnd::Canceled, JobEnd::Failed];
        let of = |retention| ends.map(|end| kept(end, retention).contains(&1));
        assert_eq!(of(Retention::NoExternalizedCheckpoints), [false, false, false]);
        assert_eq!(of(Retention::DeleteOnCancellation), [false, false, true]);
        assert_eq!(of(Retention::RetainOnCancellation), [false, true, true]);
        assert!(ends.iter().all(|&end| kept(end, Retention::NoExternalizedCheckpoints).contains(&2)));
    }
}
