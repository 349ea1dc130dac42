//! The files of checkpoints: those that a checkpoint needs that is kept are there, and no others whenever nothing of a
//! checkpoint is under way.
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
use crate::cluster::rpc::Call;
use crate::sim::checkers::Fault;
use crate::sim::world::World;
use crate::task::checkpointing::async_part::AsyncCheckpoint;

/// What was looked at last.
#[derive(Clone, Default)]
pub(super) struct Files {
    /// How many files there were, and the checkpoints that were kept.
    seen: (usize, Vec<u64>),
    /// The same when it was last looked for what nobody needs.
    seen_at_rest: (usize, Vec<u64>),
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
        let shared = format!("{directory}/shared/");
        let under_way = under_way(coordinator, &shared);
        let is_at_rest = || self.seen_at_rest != seen && is_at_rest(world, coordinator, &under_way);
        let is_looked_at = is_over || is_at_rest();
        if self.seen == seen && !is_looked_at {
            return Ok(());
        }
        self.seen = seen;
        let own = |kept: &&Rc<CompletedCheckpoint>| kept.pointer.starts_with(&**directory);
        let kept = coordinator.store().checkpoints().iter().filter(own);
        let mut needed: SortedSet<Rc<str>> = set_of(kept.flat_map(|kept| files_of(kept)));
        if let Some(missing) = needed.iter().find(|path| file_system.file(path).is_none()) {
            return Err(format!("a checkpoint that is kept needs {missing}, and it is deleted"));
        }
        if !is_looked_at {
            return Ok(());
        }
        self.seen_at_rest.clone_from(&self.seen);
        if !is_over {
            // What a checkpoint brought that was given up goes with a newer one. Flink: `SharedStateRegistryImpl`.
            needed.extend(coordinator.registry().used().filter_map(|(handle, _)| path_of(handle)));
        }
        let is_ours = |path: &str| path.strip_prefix(&**directory).is_some_and(|rest| rest.starts_with('/'));
        // What a process had written for others and did not come to tell of stays, as in Flink.
        let has_lost = world.executors().iter().any(|executor| !executor.is_alive());
        let was_led_by_others = world.job_managers().iter().any(JobManager::was_disturbed);
        let is_orphan = |path: &str| {
            let is_under_way = under_way.iter().any(|directory| path.starts_with(directory));
            was_led_by_others || is_under_way || has_lost && path.starts_with(&shared)
        };
        let mut left = file_system.files().map(|(path, _)| path).filter(|path| !is_orphan(path));
        match left.find(|path| is_ours(path) && !needed.contains(*path)) {
            Some(left) => Err(format!("{left} is kept, which no checkpoint needs")),
            None => Ok(()),
        }
    }
}

/// Whether nobody writes or deletes anything but for checkpoints that are under way.
fn is_at_rest(world: &World, coordinator: &CheckpointCoordinator, under_way: &[String]) -> bool {
    let file_system = world.file_system();
    let alive = world.executors().iter().filter(|executor| executor.is_alive());
    let parts =
        alive.flat_map(|executor| executor.tasks()).flat_map(|task| task.checkpointing().running().iter());
    let acknowledged = world.rpc.on_the_way().filter_map(|envelope| match envelope.call {
        Call::AcknowledgeCheckpoint { checkpoint, .. } => Some(checkpoint),
        _ => None,
    });
    let is_pending = |id| coordinator.pending().iter().any(|pending| pending.id == id);
    file_system.fault().is_none()
        && file_system.requests().all(|it| under_way.iter().any(|directory| it.path.starts_with(directory)))
        && parts.map(AsyncCheckpoint::checkpoint).chain(acknowledged).all(is_pending)
}

/// What belongs to a checkpoint that is under way begins so.
fn under_way(coordinator: &CheckpointCoordinator, shared: &str) -> Vec<String> {
    let storage = coordinator.storage();
    let directories = coordinator.pending().iter().filter_map(|it| storage.directory_of(it.snapshot_id()));
    let mut all: Vec<String> = directories.map(|directory| format!("{directory}/")).collect();
    if !all.is_empty() {
        all.push(shared.to_owned());
    }
    all
}

fn path_of(handle: &StreamStateHandle) -> Option<Rc<str>> {
    match handle {
        StreamStateHandle::File { path, .. } => Some(Rc::clone(path)),
        StreamStateHandle::Bytes(_) => None,
    }
}

fn files_of(checkpoint: &CompletedCheckpoint) -> Vec<Rc<str>> {
    let states = checkpoint.operators.values().flat_map(|operator| operator.subtasks.values());
    let paths = states.flat_map(pieces).filter_map(|(piece, _)| path_of(piece));
    let metadata = format!("{}/{METADATA}", checkpoint.pointer).into();
    paths.chain([metadata]).collect()
}
