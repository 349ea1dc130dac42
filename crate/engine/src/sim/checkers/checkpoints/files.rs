//! The files of checkpoints: those that a checkpoint needs that is kept are there, and in the end no others.
//!
//! Files that are lost or damaged by command are nobody's fault: from then on nothing is checked.

use std::rc::Rc;

use crate::base::ordered::{SortedSet, set_of};
use crate::checkpoint::coordinator::CheckpointCoordinator;
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::checkpoint::handles::StreamStateHandle;
use crate::checkpoint::storage::store::pieces;
use crate::checkpoint::storage::{CheckpointPlace, METADATA};
use crate::cluster::job_manager::JobManager;
use crate::sim::checkers::Fault;
use crate::sim::world::World;

/// What was looked at last.
#[derive(Clone, Default)]
pub(super) struct Files {
    /// How many files there were, and the checkpoints that were kept.
    seen: (usize, Vec<u64>),
}

impl Files {
    /// Looks at the files, if there are others than before or others are needed.
    pub fn check(&mut self, world: &World, coordinator: &CheckpointCoordinator) -> Result<(), Fault> {
        let CheckpointPlace::FileSystem { directory, .. } = &world.plan().storage.place else {
            return Ok(());
        };
        let file_system = world.file_system();
        if file_system.is_tampered() {
            return Ok(());
        }
        let kept: Vec<u64> = coordinator.store().checkpoints().iter().map(|kept| kept.id).collect();
        let seen = (file_system.files().count(), kept);
        let is_over = world.next_event_at().is_none() && file_system.fault().is_none();
        if self.seen == seen && !is_over {
            return Ok(());
        }
        self.seen = seen;
        let own = |kept: &&Rc<CompletedCheckpoint>| kept.pointer.starts_with(&**directory);
        let kept = coordinator.store().checkpoints().iter().filter(own);
        let needed: SortedSet<Rc<str>> = set_of(kept.flat_map(|kept| files_of(kept)));
        if let Some(missing) = needed.iter().find(|path| file_system.file(path).is_none()) {
            return Err(format!("a checkpoint that is kept needs {missing}, and it is deleted"));
        }
        let is_ours = |path: &str| path.strip_prefix(&**directory).is_some_and(|rest| rest.starts_with('/'));
        // What a process had written for others and did not come to tell of stays, as in Flink.
        let has_lost = world.executors().iter().any(|executor| !executor.is_alive());
        let shared = format!("{directory}/shared/");
        let was_led_by_others = world.job_managers().iter().any(JobManager::was_disturbed);
        let is_orphan = |path: &str| was_led_by_others || has_lost && path.starts_with(&shared);
        let mut left = file_system.files().map(|(path, _)| path).filter(|path| !is_orphan(path));
        if is_over && let Some(left) = left.find(|path| is_ours(path) && !needed.contains(*path)) {
            return Err(format!("nothing happens any more, and {left} is kept, which no checkpoint needs"));
        }
        Ok(())
    }
}

fn files_of(checkpoint: &CompletedCheckpoint) -> Vec<Rc<str>> {
    let states = checkpoint.operators.values().flat_map(|operator| operator.subtasks.values());
    let paths = states.flat_map(pieces).filter_map(|(piece, _)| match piece {
        StreamStateHandle::File { path, .. } => Some(Rc::clone(path)),
        StreamStateHandle::Bytes(_) => None,
    });
    let metadata = format!("{}/{METADATA}", checkpoint.pointer).into();
    paths.chain([metadata]).collect()
}
