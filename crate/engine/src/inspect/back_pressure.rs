//! Which task holds the others up: from each back-pressured task down its fullest channels, to the first task
//! that is not back-pressured itself.
//!
//! Contract: the way follows the channels of the job, so that it ends at the subtask that is at fault and not
//! at its whole vertex; equal worlds give equal answers. A task counts as back-pressured if it was so for a
//! part of its last second, as in Flink's web page, and is so still: a single tick would flicker, and the
//! second alone would tell of what is over.

use crate::base::ids::{ChannelId, TaskId, VertexIdx};
use crate::base::sort::sort_few_by_key;
use crate::sim::world::World;
use crate::task::time_shares::{Shares, Spent};

/// How much a task, or a vertex, waits for those that read what it writes. Flink: `VertexBackPressureLevel` of
/// `JobVertexBackPressureInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackPressureLevel {
    Ok,
    Low,
    High,
}

impl BackPressureLevel {
    /// The level of so much of the time, per mille. Flink: `JobVertexBackPressureHandler#getBackPressureLevel`.
    pub const fn of_share(per_mille: u32) -> Self {
        match per_mille {
            0..=100 => Self::Ok,
            101..=500 => Self::Low,
            _ => Self::High,
        }
    }

    /// What Flink's REST interface says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Low => "low",
            Self::High => "high",
        }
    }
}

/// How much of its last second a vertex was back-pressured, per mille: as much as the worst of its subtasks.
/// Flink: `JobVertexBackPressureHandler#getMaxBackPressureRatio`.
pub fn of_vertex(world: &World, vertex: VertexIdx) -> u32 {
    let executions = (0..).map(TaskId).zip(&world.plan().executions);
    let subtasks = executions.filter(|(_, execution)| execution.vertex == vertex);
    subtasks.map(|(task, _)| shares(world, task).back_pressured).max().unwrap_or(0)
}

/// A task that others wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bottleneck {
    /// The first task downstream that is not back-pressured.
    pub cause: TaskId,
    /// The channel through which it is waited for most.
    pub channel: ChannelId,
    /// Who waits for it, itself or through others: those that are nearest to it first.
    pub waiting: Vec<Waiting>,
}

/// A task that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub task: TaskId,
    /// Of its last second, per mille.
    pub share: u32,
    /// Channels between it and the cause.
    pub distance: u32,
}

/// What waits in a channel at its sender, and what the sender may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    pub buffers: u32,
    /// `None` for a local channel, which needs no credit.
    pub credit: Option<u32>,
}

/// All tasks that others wait for, the one that is waited for most first.
pub fn bottlenecks(world: &World) -> Vec<Bottleneck> {
    let mut pressed = back_pressured(world);
    pressed.retain(|&(task, _)| is_still_back_pressured(world, task));
    if pressed.is_empty() {
        return Vec::new();
    }
    let fullest = fullest_channels(world);
    let mut found: Vec<Bottleneck> = Vec::new();
    for (task, share) in pressed {
        let Some((channel, distance)) = follow(world, task, &fullest) else { continue };
        let cause = world.plan().channels[channel.index()].to;
        let waiting = Waiting { task, share, distance };
        match found.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.waiting.push(waiting),
            None => found.push(Bottleneck { cause, channel, waiting: vec![waiting] }),
        }
    }
    for bottleneck in &mut found {
        sort_few_by_key(&mut bottleneck.waiting, |waiting| (waiting.distance, waiting.task));
        if let Some(nearest) = bottleneck.waiting.first().and_then(|first| fullest[first.task.index()]) {
            bottleneck.channel = nearest;
        }
    }
    sort_few_by_key(&mut found, |bottleneck| {
        let waited: u32 = bottleneck.waiting.iter().map(|waiting| waiting.share).sum();
        (u32::MAX - waited, bottleneck.cause)
    });
    found
}

/// The tasks that were back-pressured in their last second, and how much of it, per mille.
pub fn back_pressured(world: &World) -> Vec<(TaskId, u32)> {
    (0..world.plan().executions.len() as u32)
        .map(TaskId)
        .map(|task| (task, shares(world, task).back_pressured))
        .filter(|&(_, share)| BackPressureLevel::of_share(share) > BackPressureLevel::Ok)
        .collect()
}

/// Whether a task is back-pressured now: in its last moments, not counting what came before.
fn is_still_back_pressured(world: &World, task: TaskId) -> bool {
    let lately = world.task(task).map_or(0, |(task, _)| task.time().lately().back_pressured);
    BackPressureLevel::of_share(lately) > BackPressureLevel::Ok
}

/// How a task's last second was spent; a task that is not deployed spent none.
pub fn shares(world: &World, task: TaskId) -> Shares {
    world.task(task).map_or_else(Shares::default, |(task, _)| task.time().shares())
}

/// What a task does while it does no work.
pub fn waits_as(world: &World, task: TaskId) -> Spent {
    world.task(task).map_or(Spent::Idle, |(task, executor)| task.waits_as(executor.shuffle()))
}

/// What waits in a channel at its sender.
pub fn queue(world: &World, channel: ChannelId) -> Queue {
    let planned = &world.plan().channels[channel.index()];
    let Some((_, executor)) = world.task(planned.from) else { return Queue { buffers: 0, credit: None } };
    let shuffle = executor.shuffle();
    let buffers = shuffle
        .partition_by_id(world.partition_id(planned.from, planned.partition))
        .map_or(0, |partition| partition.subpartitions()[planned.subpartition as usize].len() as u32);
    Queue { buffers, credit: shuffle.server().reader_for(channel).map(|(_, reader)| reader.credit) }
}

/// From a back-pressured task to the first one that is not: the last channel on the way, and the number of
/// channels.
fn follow(world: &World, from: TaskId, fullest: &[Option<ChannelId>]) -> Option<(ChannelId, u32)> {
    let mut way: Option<(ChannelId, u32)> = None;
    let mut task = from;
    // A job has no cycle, so that the way is not longer than there are tasks.
    while let Some(channel) = fullest[task.index()] {
        let distance = way.map_or(1, |(_, distance)| distance + 1);
        way = Some((channel, distance));
        task = world.plan().channels[channel.index()].to;
        if !is_still_back_pressured(world, task) {
            break;
        }
    }
    way
}

/// For each task the channel in which most of what it wrote waits; among equals, the one whose receiver was
/// less idle, then the first.
fn fullest_channels(world: &World) -> Vec<Option<ChannelId>> {
    let mut best: Vec<Option<((u32, u32), ChannelId)>> = vec![None; world.plan().executions.len()];
    for (channel, planned) in world.channels() {
        let buffers = queue(world, channel).buffers;
        if buffers == 0 {
            continue;
        }
        let receiver = shares(world, planned.to);
        let score = (buffers, receiver.busy + receiver.back_pressured);
        let place = &mut best[planned.from.index()];
        if place.is_none_or(|(known, _)| known < score) {
            *place = Some((score, channel));
        }
    }
    best.into_iter().map(|place| place.map(|(_, channel)| channel)).collect()
}
