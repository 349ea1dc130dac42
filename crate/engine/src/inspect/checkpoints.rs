//! Checkpoints: what their subtasks told, how far the one under way is, and the files of those that are kept.

use std::rc::Rc;

use super::buffers::{self, Whereabouts};
use super::sentence::{Sentence, Subject};
use crate::base::ids::{ChannelId, TaskId};
use crate::base::ordered::SortedMap;
use crate::base::sort;
use crate::checkpoint::coordinator::CheckpointCoordinator;
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::checkpoint::coordinator::pending::PendingCheckpoint;
use crate::checkpoint::coordinator::statistics::{CheckpointStats, CheckpointStatus};
use crate::checkpoint::handles::{KeyedStateHandle, OperatorSubtaskState, StreamStateHandle};
use crate::network::event::Event;
use crate::sim::world::World;

/// A checkpoint that takes longer is worth a word under the picture, in ms.
const LONG_MS: u64 = 100;

/// How far a subtask is with a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No barrier has come, nor the JobMaster's call to a source.
    NotReached,
    /// Some barriers have come.
    Aligning,
    /// It has taken its snapshot, and writes it.
    Writing,
    /// Its answer is on its way to the JobMaster.
    Answered,
    Acknowledged,
}

/// How far a subtask is, and of how many of its channels the barrier has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub task: TaskId,
    pub phase: Phase,
    pub barriers: u32,
    pub channels: u32,
}

/// Who decides about the checkpoints of the job; `None` where it can have none.
pub fn coordinator(world: &World) -> Option<&CheckpointCoordinator> {
    Some(world.job_master().checkpoints()?.coordinator())
}

/// How far the subtasks are that a checkpoint waits for.
pub fn progress(world: &World, pending: &PendingCheckpoint) -> Vec<Progress> {
    pending.plan.wait.iter().map(|&task| progress_of(world, pending, task)).collect()
}

/// The checkpoint that is under way for the longest time.
pub fn under_way(world: &World) -> Option<&PendingCheckpoint> {
    coordinator(world)?.pending().first().map(|pending| &**pending)
}

/// How far a subtask is with a checkpoint that waits for it.
pub fn of_task(world: &World, pending: &PendingCheckpoint, task: TaskId) -> Option<Progress> {
    pending.plan.wait.contains(&task).then(|| progress_of(world, pending, task))
}

fn progress_of(world: &World, pending: &PendingCheckpoint, id: TaskId) -> Progress {
    let channels = channels_of(world, id).count() as u32;
    let mut progress = Progress { task: id, phase: Phase::NotReached, barriers: 0, channels };
    let Some((task, _)) = world.task(id) else { return progress };
    progress.barriers =
        (0..channels).filter(|&at| task.inputs().newest_barrier(at) >= pending.id).count() as u32;
    let checkpointing = task.checkpointing();
    progress.phase = if !pending.unacknowledged().contains(&id) {
        Phase::Acknowledged
    } else if checkpointing.running().iter().any(|running| running.checkpoint() == pending.id) {
        Phase::Writing
    } else if checkpointing.last() >= pending.id {
        Phase::Answered
    } else if progress.barriers > 0 {
        Phase::Aligning
    } else {
        Phase::NotReached
    };
    progress
}

/// The channels of a task, over all its gates.
fn channels_of(world: &World, task: TaskId) -> impl Iterator<Item = ChannelId> {
    world.plan().executions[task.index()].gates.iter().flat_map(|gate| gate.channels.iter().copied())
}

/// The files of a checkpoint, each once, with their sizes.
pub fn files(checkpoint: &CompletedCheckpoint) -> SortedMap<Rc<str>, u64> {
    let mut files = SortedMap::new();
    let states = checkpoint.operators.values().flat_map(|operator| operator.subtasks.values());
    states.for_each(|state| {
        each_handle(state, |handle| {
            if let StreamStateHandle::File { path, size } = handle {
                files.insert(Rc::clone(path), *size);
            }
        });
    });
    files
}

fn each_handle(state: &OperatorSubtaskState, mut see: impl FnMut(&StreamStateHandle)) {
    for keyed in &state.keyed {
        match keyed {
            KeyedStateHandle::KeyGroups(handle) => see(&handle.data),
            KeyedStateHandle::Incremental(handle) => {
                handle.shared.iter().chain(handle.private.iter()).for_each(|file| see(&file.data));
                see(&handle.meta);
            }
        }
    }
    state.operator.iter().for_each(|handle| see(&handle.data));
    state.input_channels.iter().chain(&state.result_subpartitions).for_each(|handle| see(&handle.data));
}

/// What the checkpoint under way waits for, or how the last one ended. Empty where there was none.
pub fn sentence(world: &World) -> Sentence {
    let mut sentence = Sentence::default();
    let Some(coordinator) = coordinator(world) else { return sentence };
    match coordinator.pending().first() {
        Some(pending) => say_waiting(world, pending, &mut sentence),
        None => {
            if let Some(last) = coordinator.statistics().history().last() {
                say_ended(last, &mut sentence);
            }
        }
    }
    sentence
}

/// The same for a checkpoint that takes long.
pub fn long_wait(world: &World) -> Option<Sentence> {
    let pending = under_way(world)?;
    (world.tick() - pending.timestamp >= LONG_MS).then(|| sentence(world))
}

fn say_ended(stats: &CheckpointStats, sentence: &mut Sentence) {
    let what = if stats.snapshot.is_savepoint() { "Savepoint" } else { "Checkpoint" };
    let after = stats.duration().unwrap_or_default();
    match stats.status {
        CheckpointStatus::InProgress => {}
        CheckpointStatus::Completed => {
            sentence.say(format!("{what} {} was complete after {after} ms.", stats.id));
        }
        CheckpointStatus::Failed(_) => {
            sentence.say(format!("{what} {} failed after {after} ms: {}", stats.id, stats.failure_message()));
        }
    }
}

fn say_waiting(world: &World, pending: &PendingCheckpoint, sentence: &mut Sentence) {
    let all = progress(world, pending);
    let open = || all.iter().filter(|one| one.phase != Phase::Acknowledged);
    let what = if pending.request.snapshot.is_savepoint() { "Savepoint" } else { "Checkpoint" };
    if let Some(answer) = pending.hooks.first() {
        sentence.say(format!("{what} {} waits for the JobMaster's hook {}.", pending.id, answer.hook));
        return;
    }
    let (answered, total) = (all.len() - open().count(), all.len());
    // Whoever has what it needs from those before it is what the others wait for.
    let passed = |task: TaskId| {
        let phase = all.iter().find(|one| one.task == task).map(|one| one.phase);
        phase.is_none_or(|phase| !matches!(phase, Phase::NotReached | Phase::Aligning))
    };
    let is_cause = |one: &&Progress| {
        channels_of(world, one.task).all(|channel| passed(world.plan().channels[channel.index()].from))
    };
    let Some(cause) = open().find(is_cause).or_else(|| open().next()) else {
        sentence.say(format!("{what} {} has all answers.", pending.id));
        return;
    };
    sentence.say(format!("{what} {} waits: ", pending.id)).task(world, cause.task);
    match cause.phase {
        Phase::NotReached if cause.channels == 0 => {
            sentence.say(" has not been told of it yet.");
        }
        Phase::NotReached | Phase::Aligning => say_barriers(world, pending.id, cause, sentence),
        Phase::Writing => {
            sentence.say(" writes its state.");
        }
        Phase::Answered | Phase::Acknowledged => {
            sentence.say(" has taken part; its answer is on its way.");
        }
    }
    sentence.say(format!(" {answered} of {total} tasks have answered."));
}

/// How many barriers a task has, and what stands before one that it lacks.
fn say_barriers(world: &World, id: u64, cause: &Progress, sentence: &mut Sentence) {
    let Progress { task, barriers, channels, .. } = *cause;
    sentence.say(format!(" has its barrier on {barriers} of {channels} channels"));
    let lacking = (0..)
        .zip(channels_of(world, task))
        .find(|&(at, _)| world.task(task).is_some_and(|(task, _)| task.inputs().newest_barrier(at) < id));
    let Some((_, channel)) = lacking else {
        sentence.say(".");
        return;
    };
    sentence.say("; on ").name("the channel", Subject::Channel(channel)).say(" from ");
    sentence.task(world, world.plan().channels[channel.index()].from);
    match buffers_before(world, channel, id) {
        None => sentence.say(" it has not been sent yet."),
        Some(0) => sentence.say(" it is on its way."),
        Some(1) => sentence.say(" 1 buffer stands before it."),
        Some(n) => sentence.say(format!(" {n} buffers stand before it.")),
    };
}

/// Buffers of data on a channel that come before a checkpoint's barrier; `None` if it is not on the channel.
fn buffers_before(world: &World, channel: ChannelId, id: u64) -> Option<usize> {
    let mut views = buffers::of_channel(world, channel);
    sort::sort_by_key(&mut views, |view| match view.place {
        Whereabouts::Received => 0,
        Whereabouts::InFlight { .. } => 1,
        Whereabouts::Queued => 2,
    });
    let is_it = |event: Event| matches!(event, Event::CheckpointBarrier(barrier) if barrier.id == id);
    let at = views.iter().position(|view| view.event.is_some_and(is_it))?;
    Some(views[..at].iter().filter(|view| view.event.is_none()).count())
}
