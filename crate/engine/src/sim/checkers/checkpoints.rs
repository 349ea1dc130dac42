//! Every checkpoint that is complete is a consistent cut, ids rise, and sinks commit what is complete: all of it, once.
//!
//! Contract: of each channel, what was sent before the barrier is what the receiver's state has seen and what was
//! recorded in flight, byte by byte (at least once: it has seen no less). What tasks note at barriers is collected at
//! each tick, for they may be gone when the checkpoint is complete. Flink: what `CheckpointCoordinator`,
//! `CompletedCheckpointStore` and `CommitterOperator` promise.

mod commits;
mod files;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use super::Fault;
use crate::base::ids::TaskId;
use crate::base::ordered::SortedMap;
use crate::checkpoint::coordinator::CheckpointCoordinator;
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::checkpoint::handles::{ChannelStateHandle, OperatorSubtaskState, StreamStateHandle};
use crate::graph::checkpoint_settings::CheckpointingMode;
use crate::scheduler::plan::{JobPlan, PlannedChannel};
use crate::sim::world::World;
use crate::task::chain::OperatorChain;
use crate::task::checkpointing::cut::{ChannelCut, CutLog};
use crate::task::checkpointing::in_flight::buffers_of;
use commits::Commits;
use files::Files;

/// What tasks noted of their channels, by checkpoint and task.
type Cuts = SortedMap<(u64, TaskId), Rc<[ChannelCut]>>;

/// See the module. Keeps its memory from tick to tick.
#[derive(Clone, Default)]
pub(super) struct Checkpoints {
    tick: u64,
    received: Cuts,
    sent: Cuts,
    /// Those that were under way when it was looked at last, and the newest ever.
    pending: Vec<u64>,
    newest_begun: u64,
    newest_completed: u64,
    answers: usize,
    restored_at: Option<u64>,
    commits: Commits,
    files: Files,
    /// Channels of complete checkpoints that were compared.
    compared: u64,
}

impl Checkpoints {
    /// Looks at a world. After a step back it begins anew, with what the tasks still remember.
    pub fn check(&mut self, world: &World) -> Result<(), Fault> {
        if world.tick() < self.tick {
            *self = Self::default();
        }
        let is_first = self.tick == 0;
        self.tick = world.tick();
        let Some(checkpoints) = world.job_master().checkpoints() else { return Ok(()) };
        self.collect(world);
        let coordinator = checkpoints.coordinator();
        // What one begins that leads no more, and does not know, nobody hears of: the next one counts anew.
        if world.coordination().is_none() || world.holds_lead() && world.has_job_master() {
            self.check_ids(coordinator)?;
        }
        let newest = self.newest_completed;
        let completed = coordinator.store().checkpoints().iter();
        for completed in completed.filter(|completed| completed.id > newest) {
            self.newest_completed = completed.id;
            self.check_cut(completed, world)?;
            self.commits.promise(completed, world);
        }
        for answer in checkpoints.answers().iter().skip(self.answers) {
            if let Ok(savepoint) = &answer.result {
                self.check_cut(savepoint, world)?;
            }
        }
        self.answers = checkpoints.answers().len();
        self.check_restored(coordinator, is_first)?;
        self.files.check(world, coordinator)?;
        self.commits.check(world, self.newest_completed)
    }

    /// The job has another execution graph, whose tasks and channels have the numbers of others. A checkpoint may be
    /// complete in the same tick, when a JobManager that stood still answers all at once: it is not compared.
    pub fn forget_channels(&mut self) {
        self.received = Cuts::default();
        self.sent = Cuts::default();
    }

    /// Takes in what the tasks noted since.
    fn collect(&mut self, world: &World) {
        let tasks = world.executors().iter().flat_map(|executor| executor.tasks());
        for task in tasks.filter(|task| !task.state().is_terminal()) {
            let id = task.descriptor().task;
            take_news(&mut self.received, id, task.checkpointing().received());
            if let Some(outputs) = task.chain().map(OperatorChain::outputs) {
                take_news(&mut self.sent, id, outputs.sent());
            }
        }
    }

    /// Ids rise, of what begins and of what is complete.
    fn check_ids(&mut self, coordinator: &CheckpointCoordinator) -> Result<(), Fault> {
        let completed = coordinator.store().checkpoints();
        if !completed.is_sorted_by(|a, b| a.id < b.id) {
            return Err("the checkpoints that are kept do not stand in the order of their ids".to_owned());
        }
        if let Some(newest) =
            completed.last().map(|newest| newest.id).filter(|&id| id < self.newest_completed)
        {
            let before = self.newest_completed;
            return Err(format!("checkpoint {newest} is the newest, and checkpoint {before} was complete"));
        }
        let pending: Vec<u64> = coordinator.pending().iter().map(|pending| pending.id).collect();
        for &id in pending.iter().filter(|id| !self.pending.contains(id)) {
            if id <= self.newest_begun.max(self.newest_completed) {
                return Err(format!("checkpoint {id} begins after one with a higher id"));
            }
            self.newest_begun = id;
        }
        self.pending = pending;
        Ok(())
    }

    /// Tasks that start again begin with the newest checkpoint.
    fn check_restored(&mut self, coordinator: &CheckpointCoordinator, is_first: bool) -> Result<(), Fault> {
        let Some(restored) = coordinator.statistics().restored() else { return Ok(()) };
        if self.restored_at.replace(restored.restored_at) == Some(restored.restored_at) {
            return Ok(());
        }
        // What was restored before it looked for the first time may be long ago.
        if restored.id != self.newest_completed && !is_first {
            let (id, newest) = (restored.id, self.newest_completed);
            return Err(format!("tasks begin with checkpoint {id}, and checkpoint {newest} is complete"));
        }
        Ok(())
    }

    /// Compares both ends of each channel.
    fn check_cut(&mut self, completed: &CompletedCheckpoint, world: &World) -> Result<(), Fault> {
        let plan = world.plan();
        let id = completed.id;
        for channel in &plan.channels {
            let sent = self.sent.get(&(id, channel.from));
            let received = self.received.get(&(id, channel.to));
            let (Some(sent), Some(received)) = (sent, received) else { continue };
            // What had finished when it was restored starts finished again: it needs nothing, and says its end again.
            if [channel.from, channel.to].iter().any(|&task| starts_finished(completed, task, plan)) {
                continue;
            }
            let Some(in_flight) = InFlight::of(completed, channel, world) else { continue };
            let sent = sent[place_of_subpartition(channel, plan)];
            let received = received[place_of_channel(channel, plan)];
            compare(sent, received, &in_flight, plan.checkpoint.mode).map_err(|fault| {
                let name = |task: TaskId| &plan.executions[task.index()].name;
                let (from, to) = (name(channel.from), name(channel.to));
                format!("checkpoint {id} is no consistent cut: from {from} to {to}, {fault}")
            })?;
            self.compared += 1;
        }
        self.received.retain(|(checkpoint, _), _| *checkpoint > id);
        self.sent.retain(|(checkpoint, _), _| *checkpoint > id);
        Ok(())
    }
}

fn starts_finished(completed: &CompletedCheckpoint, task: TaskId, plan: &JobPlan) -> bool {
    let head = completed.operators.get(&plan.vertex_of(task).chain[0].id);
    head.is_some_and(|head| head.finished.contains(&plan.executions[task.index()].subtask_idx))
}

fn take_news(cuts: &mut Cuts, task: TaskId, log: &CutLog) {
    for (checkpoint, channels) in log.iter().rev() {
        if cuts.insert((*checkpoint, task), Rc::clone(channels)).is_some() {
            return;
        }
    }
}

/// What of a channel was in flight.
struct InFlight {
    /// Recorded by the receiver, then by the sender: each the bytes of its buffers.
    parts: [Vec<u8>; 2],
}

impl InFlight {
    /// What a checkpoint has of it; nothing if it is not at hand.
    fn of(completed: &CompletedCheckpoint, channel: &PlannedChannel, world: &World) -> Option<Self> {
        let (from, to) = (channel.from, channel.to);
        let inputs = bytes_in(
            completed,
            world,
            to,
            |state| &state.input_channels,
            |handle| (handle.gate, handle.channel) == (channel.gate, channel.channel),
        );
        let outputs = bytes_in(
            completed,
            world,
            from,
            |state| &state.result_subpartitions,
            |handle| (handle.gate, handle.channel) == (channel.output, channel.subpartition),
        );
        Some(Self { parts: [inputs?, outputs?] })
    }
}

/// The bytes of the handles of a task that fit.
fn bytes_in(
    completed: &CompletedCheckpoint,
    world: &World,
    task: TaskId,
    handles: impl Fn(&OperatorSubtaskState) -> &Vec<ChannelStateHandle>,
    fits: impl Fn(&ChannelStateHandle) -> bool,
) -> Option<Vec<u8>> {
    let plan = world.plan();
    let subtask_idx = plan.executions[task.index()].subtask_idx;
    let chain = plan.vertex_of(task).chain.iter();
    let operators = chain.filter_map(|operator| completed.operators.get(&operator.id));
    let states = operators.filter_map(|operator| operator.subtasks.get(&subtask_idx));
    let mut bytes = Vec::new();
    for handle in states.flat_map(handles).filter(|handle| fits(handle)) {
        for buffer in buffers_of(handle, bytes_of(&handle.data, world)?) {
            bytes.extend_from_slice(&buffer.bytes);
        }
    }
    Some(bytes)
}

/// The bytes of a handle; nothing if its file is gone.
fn bytes_of<'a>(handle: &'a StreamStateHandle, world: &'a World) -> Option<&'a [u8]> {
    match handle {
        StreamStateHandle::Bytes(bytes) => Some(bytes),
        StreamStateHandle::File { path, .. } => world.file_system().file(path).map(|file| &*file.bytes),
    }
}

fn place_of_subpartition(channel: &PlannedChannel, plan: &JobPlan) -> usize {
    let before = &plan.executions[channel.from.index()].partitions[..channel.output as usize];
    (before.iter().map(|partition| partition.subpartitions).sum::<u32>() + channel.subpartition) as usize
}

fn place_of_channel(channel: &PlannedChannel, plan: &JobPlan) -> usize {
    let before = &plan.executions[channel.to.index()].gates[..channel.gate as usize];
    before.iter().map(|gate| gate.channels.len()).sum::<usize>() + channel.channel as usize
}

fn compare(
    sent: ChannelCut,
    received: ChannelCut,
    in_flight: &InFlight,
    mode: CheckpointingMode,
) -> Result<(), Fault> {
    let [recorded, overtaken] = &in_flight.parts;
    let (before, unread) = (sent.digest.bytes(), received.unread);
    // The beginning of a record may have been restored, and never come over the channel.
    let seen = received.digest.bytes().saturating_sub(unread);
    if mode == CheckpointingMode::AtLeastOnce {
        return if seen >= before {
            Ok(())
        } else {
            Err(format!("{before} bytes were sent before the barrier, and the state has seen {seen}"))
        };
    }
    let Some(rest) = recorded.get(unread as usize..) else {
        let recorded = recorded.len();
        return Err(format!("{unread} bytes were received and not processed, and {recorded} are recorded"));
    };
    let mut held = received.digest;
    held.update(rest);
    held.update(overtaken);
    if held == sent.digest {
        return Ok(());
    }
    let (recorded, overtaken) = (recorded.len(), overtaken.len());
    Err(format!(
        "{before} bytes were sent before the barrier; the state has seen {seen}, and {recorded} and {overtaken} are recorded \
         in flight"
    ))
}
