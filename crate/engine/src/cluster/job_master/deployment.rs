//! From regions to running tasks: slots are asked for and come, tasks are deployed into them, results go when nobody
//! reads them any more.
//!
//! Flink: `DefaultScheduler`, `DefaultExecutionDeployer`, `PhysicalSlotRequestBulkChecker`.

use std::rc::Rc;

use super::{JobFailure, JobMaster, SlotId};
use crate::base::ids::{PartitionId, TaskId, TaskManagerId};
use crate::base::ordered::{SortedMap, set_of};
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, RpcTurn};
use crate::scheduler::plan::PlannedGate;
use crate::scheduler::region_strategy::RegionIdx;
use crate::scheduler::slot_pool::SlotUse;
use crate::task::descriptor::{ChannelDescriptor, GateDescriptor, PartitionDescriptor, TaskDescriptor};
use crate::task::message::TaskFailure;
use crate::task::state::ExecutionState;

impl JobMaster {
    pub(super) fn on_offer(&mut self, task_manager: TaskManagerId, slots: &[u32], turn: &mut RpcTurn<'_>) {
        let from = Address::TaskExecutor(task_manager);
        let is_waiting = self.is_adaptive() && self.status == JobStatus::Created;
        if !is_waiting && !matches!(self.status, JobStatus::Running | JobStatus::Restarting) {
            turn.send(from, Call::FreeSlots);
            return;
        }
        // Flink: `DeclarativeSlotPool#offerSlots` takes what it required, and no more.
        let wanted = self.declared_slots.max(self.slots.required()) as usize;
        let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
        for &slot in slots {
            let id = SlotId { task_manager, slot };
            let is_known = self.slots.offered().contains(&id);
            if !is_known && self.slots.offered().len() >= wanted {
                rejected.push(slot);
                continue;
            }
            accepted.push(slot);
            if !is_known {
                self.slots.offer(id);
            }
        }
        if !accepted.is_empty() {
            turn.send(from, Call::SlotsAccepted { slots: accepted });
        }
        if !rejected.is_empty() {
            turn.send(from, Call::SlotsRejected { slots: rejected });
        }
        self.fulfil_slots();
        self.deploy_ready_regions(turn);
        if self.is_adaptive() {
            self.on_resources(turn);
        }
    }

    /// The cluster has fewer slots than the job could use. A batch job makes do, as long as any of its regions
    /// fits into them. Flink: `PhysicalSlotRequestBulkChecker`, which streaming jobs alone are held to.
    pub(super) fn on_not_enough_resources(&mut self, available: u32, turn: &mut RpcTurn<'_>) {
        // The adaptive scheduler does with what there is.
        let required = match self.slots.slot_use() {
            _ if self.is_adaptive() => return,
            SlotUse::Indefinite => self.slots.required(),
            SlotUse::UntilFinished => {
                self.waiting_regions.iter().map(|&region| self.slots_of_region(region)).max().unwrap_or(0)
            }
        };
        if required > available {
            self.fail_waiting_regions(&JobFailure::NotEnoughSlots { required, available }, turn);
            // What is asked for next is asked for anew. Flink: `decreaseResourceRequirementsBy`.
            self.declared_slots = self.slots.required();
            if !self.status.is_globally_terminal() {
                let slots = self.declared_slots;
                turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots });
            }
        }
    }

    fn slots_of_region(&self, region: RegionIdx) -> u32 {
        let groups = set_of(self.strategy.tasks(region).iter().map(|&task| self.slots.group_of(task)));
        groups.len() as u32
    }

    /// When those who wait for slots give up.
    pub fn slot_request_timeout(&self) -> Option<u64> {
        Some(self.waiting_since? + self.plan.scheduler.slot_request_timeout_ticks)
    }

    pub(super) fn check_slot_requests(&mut self, turn: &mut RpcTurn<'_>) {
        if self.slot_request_timeout().is_some_and(|at| at <= turn.now) {
            let timeout_ticks = self.plan.scheduler.slot_request_timeout_ticks;
            self.fail_waiting_regions(&JobFailure::SlotRequestTimedOut { timeout_ticks }, turn);
        }
    }

    /// The slots of the regions that wait will not come: as if the first of their tasks had failed.
    fn fail_waiting_regions(&mut self, failure: &JobFailure, turn: &mut RpcTurn<'_>) {
        let first = self.waiting_regions.first().map(|&region| self.strategy.tasks(region)[0]);
        self.on_failure(first, Rc::new(failure.clone()), turn);
    }

    /// Slots that the job has and does not need.
    fn idle_slots(&self) -> Vec<SlotId> {
        let needed = if self.is_adaptive() { self.declared_slots } else { self.slots.required() };
        let excess = self.slots.offered().len().saturating_sub(needed as usize);
        self.slots.free().iter().rev().take(excess).copied().collect()
    }

    /// After whatever happened: the time of slots that nobody needs begins, or ends.
    pub(super) fn note_idle_slots(&mut self, now: u64) {
        let is_idle = !self.status.is_globally_terminal() && !self.idle_slots().is_empty();
        self.idle_since = is_idle.then(|| self.idle_since.unwrap_or(now));
    }

    /// When slots that nobody needs are given back. Flink: `DeclarativeSlotPool#releaseIdleSlots`.
    pub(super) fn slot_idle_timeout(&self) -> Option<u64> {
        Some(self.idle_since? + self.plan.scheduler.slot_idle_timeout_ticks)
    }

    pub(super) fn release_idle_slots(&mut self, turn: &mut RpcTurn<'_>) {
        if self.slot_idle_timeout().is_none_or(|at| at > turn.now) {
            return;
        }
        self.idle_since = None;
        let idle = self.idle_slots();
        if !self.is_adaptive() {
            self.declared_slots = self.slots.required();
            let slots = self.declared_slots;
            turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots });
        }
        for slot in idle {
            self.slots.give_back(slot);
            turn.send(Address::TaskExecutor(slot.task_manager), Call::FreeSlot { slot: slot.slot });
        }
    }

    fn fulfil_slots(&mut self) {
        if self.slots.missing() > 0 && !self.slots.free().is_empty() {
            let how = self.slot_preferences();
            self.slots.fulfil(&how);
        }
    }

    /// Asks for the slots of these regions, and deploys what can be deployed.
    pub(super) fn schedule(&mut self, regions: &[RegionIdx], turn: &mut RpcTurn<'_>) {
        for &region in regions {
            for &task in &self.strategy.tasks(region).to_vec() {
                self.become_state(task, ExecutionState::Scheduled);
                self.slots.request(task);
            }
            self.waiting_regions.push(region);
        }
        self.fulfil_slots();
        let slots = self.slots.required();
        if slots > self.declared_slots {
            self.declared_slots = slots;
            turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots });
        }
        self.deploy_ready_regions(turn);
    }

    /// Deploys, in topological order, the regions all of whose slots are there.
    pub(super) fn deploy_ready_regions(&mut self, turn: &mut RpcTurn<'_>) {
        for region in std::mem::take(&mut self.waiting_regions) {
            let tasks = self.strategy.tasks(region).to_vec();
            if tasks.iter().any(|&task| self.slots.slot_of(task).is_none()) {
                // A failure of a region before it may have cancelled it: then it waits no more.
                if self.executions[tasks[0].index()].state == ExecutionState::Scheduled {
                    self.waiting_regions.push(region);
                }
                continue;
            }
            for &task in &tasks {
                self.executions[task.index()].slot = self.slots.slot_of(task);
            }
            for &task in &tasks {
                // It may have been cancelled meanwhile, when another one of its region failed.
                if self.executions[task.index()].state != ExecutionState::Scheduled {
                    continue;
                }
                self.become_state(task, ExecutionState::Deploying);
                self.strategy.start_tracking(task);
                if let Some(failure) = self.producer_not_ready(task) {
                    self.on_state(self.execution_id(task), ExecutionState::Failed, Some(failure), turn);
                    continue;
                }
                let slot = self.slot_of(task);
                let descriptor = Rc::new(self.describe(task, slot));
                turn.send(Address::TaskExecutor(slot.task_manager), Call::SubmitTask(descriptor));
            }
        }
        self.note_waiting(turn.now);
    }

    /// A region whose tasks exchange a result at once, and another one when it is complete, cannot run: its reader is
    /// deployed while its producer runs. Flink: `TaskDeploymentDescriptorFactory#getConsumedPartitionShuffleDescriptor`.
    fn producer_not_ready(&self, task: TaskId) -> Option<TaskFailure> {
        let gates = self.plan.executions[task.index()].gates.iter();
        let mut channels = gates.flat_map(|gate| &*gate.channels).map(|id| &self.plan.channels[id.index()]);
        let is_not_ready = channels.any(|channel| {
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

    /// The time of a slot request starts when regions begin to wait, and ends when none does. A batch job waits for
    /// slots that others of its regions will leave.
    pub(super) fn note_waiting(&mut self, now: u64) {
        let is_waiting = !self.waiting_regions.is_empty() && self.slots.slot_use() == SlotUse::Indefinite;
        self.waiting_since = is_waiting.then(|| self.waiting_since.unwrap_or(now));
    }

    fn describe(&self, task: TaskId, slot: SlotId) -> TaskDescriptor {
        let execution = &self.plan.executions[task.index()];
        let vertex = self.plan.vertex_of(task);
        let attempt = self.executions[task.index()].attempt;
        let partition = |partition: &PartitionDescriptor| PartitionDescriptor {
            id: partition.id.of_attempt(attempt),
            ..partition.clone()
        };
        TaskDescriptor {
            task,
            job_type: self.plan.job_type,
            vertex: execution.vertex,
            name: Rc::clone(&execution.name),
            subtask_idx: execution.subtask_idx,
            parallelism: vertex.parallelism,
            max_parallelism: vertex.max_parallelism,
            attempt,
            slot: slot.slot,
            chain: Rc::clone(&vertex.chain),
            time: self.plan.time,
            checkpoint: Rc::clone(&self.plan.checkpoint),
            gates: execution.gates.iter().map(|gate| self.describe_gate(gate, attempt)).collect(),
            input_requirements: Rc::clone(&vertex.input_requirements),
            sort_memory: self.plan.sort_memory_of(vertex),
            partitions: execution.partitions.iter().map(partition).collect(),
            speed: vertex.speed,
            storage: self.plan.storage.clone(),
            task_restore: self.task_restore(task),
            is_restored: self.is_restored(),
        }
    }

    fn describe_gate(&self, gate: &PlannedGate, attempt: u32) -> GateDescriptor {
        let channels = gate.channels.iter().map(|&id| {
            let channel = &self.plan.channels[id.index()];
            let producer = &self.executions[channel.from.index()];
            ChannelDescriptor {
                channel: id.of_attempt(attempt),
                partition: channel.partition.of_attempt(producer.attempt),
                subpartition: channel.subpartition,
                producer: self.slot_of(channel.from).task_manager,
            }
        });
        let first = &self.plan.channels[gate.channels[0].index()];
        let producer = &self.plan.executions[first.from.index()];
        let partitioner = producer.partitions[first.output as usize].partitioner.clone();
        GateDescriptor { input: gate.input, partitioner, channels: channels.collect() }
    }

    /// A task has finished: its slot is free for the regions that wait for its results, and the results that it
    /// was the last to read go.
    pub(super) fn on_finished(&mut self, task: TaskId, turn: &mut RpcTurn<'_>) {
        let after = self.strategy.on_finished(task);
        self.release_partitions(&after.release, turn);
        if matches!(self.status, JobStatus::Running | JobStatus::Restarting) {
            self.schedule(&after.schedule, turn);
        }
    }

    /// Flink: `JobMasterPartitionTracker#stopTrackingAndReleasePartitions`.
    pub(super) fn release_partitions(&self, released: &[(TaskId, PartitionId)], turn: &mut RpcTurn<'_>) {
        let mut by_task_manager: SortedMap<TaskManagerId, Vec<PartitionId>> = SortedMap::new();
        for &(producer, partition) in released {
            let execution = &self.executions[producer.index()];
            if let Some(slot) = execution.slot {
                let partition = partition.of_attempt(execution.attempt);
                by_task_manager.entry(slot.task_manager).or_default().push(partition);
            }
        }
        for (task_manager, partitions) in by_task_manager {
            turn.send(Address::TaskExecutor(task_manager), Call::ReleasePartitions { partitions });
        }
    }
}
