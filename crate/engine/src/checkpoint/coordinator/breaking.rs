//! Breaks a coordinator on purpose, for tests of those that watch it.

use std::rc::Rc;

use super::CheckpointCoordinator;
use super::completed::CompletedCheckpoint;
use crate::network::barrier::SnapshotType;

impl CheckpointCoordinator {
    /// The next checkpoint bears this id, whatever those before bore.
    pub const fn set_next_id(&mut self, id: u64) {
        self.next_id = id;
    }

    /// The newest checkpoint that is kept bears another id.
    pub fn set_newest_id(&mut self, id: u64) {
        let newest = self.store.latest().expect("one is complete").as_ref().clone();
        self.store = super::CompletedCheckpointStore::new(1);
        self.store.add(Rc::new(CompletedCheckpoint { id, ..newest }));
    }

    /// Says that tasks were restored from a checkpoint, though they were not.
    pub fn report_restored(&mut self, id: u64, snapshot: SnapshotType, now: u64) {
        self.statistics.report_restored(id, snapshot, now);
    }
}
