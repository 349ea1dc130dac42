//! Where the producers of a task's inputs are: what it is told when it is deployed, and what it is told later.
//!
//! Contract: a task is deployed with the places of its producers. One that is scheduled before all of them are there knows
//! some of its channels only by name; as soon as what it reads there is consumable, and the task is not being deployed any
//! more, it is told where it is. Flink: `TaskDeploymentDescriptorFactory#getConsumedPartitionShuffleDescriptor`,
//! `Execution#updatePartitionConsumers`, `#sendPartitionInfos`; until 1.12 `JobMaster#scheduleOrUpdateConsumers`.

use std::rc::Rc;

use super::JobMaster;
use crate::base::ids::{ChannelId, ExecutionAttemptId, PartitionId, TaskId, TaskManagerId};
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, RpcTurn};
use crate::task::descriptor::ChannelDescriptor;
use crate::task::message::TaskFailure;
use crate::task::state::ExecutionState;

impl JobMaster {
    /// A region whose tasks exchange a result at once, and another one when it is complete, cannot run: its reader is
    /// deployed while its producer runs.
    pub(super) fn producer_not_ready(&self, task: TaskId) -> Option<TaskFailure> {
        let mut channels = self.channels_of(task).map(|id| &self.plan.channels[id.index()]);
        let is_not_ready = !self.strategy.allows_unknown_producers()
            && channels.any(|channel| {
                !channel.result_type.can_be_pipelined_consumed()
                    && self.executions[channel.from.index()].state != ExecutionState::Finished
            });
        is_not_ready.then(|| {
            TaskFailure::of_text(
                "IllegalStateException: Trying to consume an input partition whose producer is not ready (result \
                 type: BLOCKING, hasAllDataProduced: false, producer state: DEPLOYING).",
            )
        })
    }

    /// What a task is told of a channel of its.
    pub(super) fn describe_channel(&self, id: ChannelId, attempt: u32) -> ChannelDescriptor {
        let channel = &self.plan.channels[id.index()];
        let producer = &self.executions[channel.from.index()];
        ChannelDescriptor {
            channel: id.of_attempt(attempt),
            partition: channel.partition.of_attempt(producer.attempt),
            subpartition: channel.subpartition,
            producer: self.place_of_producer(id),
        }
    }

    /// Where the producer of a channel is, if that can be said: it is about to run or runs, or, where the result must be
    /// complete first, that is complete.
    fn place_of_producer(&self, id: ChannelId) -> Option<TaskManagerId> {
        let channel = &self.plan.channels[id.index()];
        let producer = &self.executions[channel.from.index()];
        if !self.strategy.allows_unknown_producers() {
            return Some(self.slot_of(channel.from).task_manager);
        }
        let is_there = match producer.state {
            ExecutionState::Deploying | ExecutionState::Initializing | ExecutionState::Running => {
                channel.result_type.can_be_pipelined_consumed()
            }
            // Of those that are deployed together, some later than others.
            ExecutionState::Scheduled => {
                channel.result_type.can_be_pipelined_consumed()
                    && producer.slot == self.slots.slot_of(channel.from)
            }
            ExecutionState::Finished => self.strategy.is_consumable(channel.to, channel.partition),
            _ => false,
        };
        producer.slot.filter(|_| is_there).map(|slot| slot.task_manager)
    }

    fn channels_of(&self, task: TaskId) -> impl Iterator<Item = ChannelId> {
        self.plan.executions[task.index()].gates.iter().flat_map(|gate| &gate.channels).copied()
    }

    /// The state of the attempt that writes a partition, for who reads it on a channel; `None`: there is another by now.
    pub(super) fn producer_state(
        &self,
        channel: ChannelId,
        partition: PartitionId,
    ) -> Option<ExecutionState> {
        let channel = self.plan.channels.get(channel.index())?;
        let producer = &self.executions[channel.from.index()];
        (partition == partition.of_attempt(producer.attempt)).then_some(producer.state)
    }

    /// A task is about to be deployed: what it is not told now, it is to be told later.
    pub(super) fn note_unknown_inputs(&mut self, task: TaskId) {
        if self.strategy.allows_unknown_producers() {
            let plan = Rc::clone(&self.plan);
            for &id in plan.executions[task.index()].gates.iter().flat_map(|gate| &gate.channels) {
                if self.place_of_producer(id).is_none() {
                    self.unknown_inputs.push((task, id));
                }
            }
        }
    }

    /// A partition has its first buffer: those who read it can be scheduled, or told.
    pub(super) fn on_first_buffer(
        &mut self,
        writer: ExecutionAttemptId,
        partition: PartitionId,
        turn: &mut RpcTurn<'_>,
    ) {
        if !self.is_current(writer) {
            return;
        }
        let bulks = self.strategy.on_first_buffer(partition);
        if matches!(self.status, JobStatus::Running | JobStatus::Restarting) {
            self.schedule(bulks, turn);
        }
        self.update_partitions(turn);
    }

    /// Tells the tasks that are there of producers that have become known.
    pub(super) fn update_partitions(&mut self, turn: &mut RpcTurn<'_>) {
        let mut place = 0;
        while let Some(&(task, id)) = self.unknown_inputs.get(place) {
            let execution = self.execution_id(task);
            let state = self.executions[task.index()].state;
            let is_there = matches!(state, ExecutionState::Initializing | ExecutionState::Running);
            if is_there && self.strategy.is_consumable(task, self.plan.channels[id.index()].partition) {
                self.unknown_inputs.remove(place);
                let channel = self.describe_channel(id, execution.attempt);
                let to = Address::TaskExecutor(self.slot_of(task).task_manager);
                turn.send(to, Call::UpdatePartitions { execution, channel });
            } else {
                place += 1;
            }
        }
    }
}
