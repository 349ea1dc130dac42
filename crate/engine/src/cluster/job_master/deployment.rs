//! From a job's plan to running tasks: slots are asked for and come, tasks are deployed into them, results go when nobody
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
use crate::scheduler::scheduling_strategy::Bulk;
use crate::scheduler::slot_pool::SlotUse;
use crate::task::descriptor::{GateDescriptor, PartitionDescriptor, TaskDescriptor};
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
        self.deploy_ready(turn);
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
            SlotUse::UntilFinished => self.waiting.iter().map(|bulk| self.slots_of(bulk)).max().unwrap_or(0),
        };
        if required > available {
            self.fail_waiting(&JobFailure::NotEnoughSlots { required, available }, turn);
            // What is asked for next is asked for anew. Flink: `decreaseResourceRequirementsBy`.
            self.declared_slots = self.slots.required();
            if !self.status.is_globally_terminal() {
                let slots = self.declared_slots;
                turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots });
            }
        }
    }

    fn slots_of(&self, bulk: &[TaskId]) -> u32 {
        let groups = set_of(bulk.iter().map(|&task| self.slots.group_of(task)));
        groups.len() as u32
    }

    /// When those who wait for slots give up.
    pub fn slot_request_timeout(&self) -> Option<u64> {
        Some(self.waiting_since? + self.plan.scheduler.slot_request_timeout_ticks)
    }

    pub(super) fn check_slot_requests(&mut self, turn: &mut RpcTurn<'_>) {
        if self.slot_request_timeout().is_some_and(|at| at <= turn.now) {
            let timeout_ticks = self.plan.scheduler.slot_request_timeout_ticks;
            self.fail_waiting(&JobFailure::SlotRequestTimedOut { timeout_ticks }, turn);
        }
    }

    /// The slots of those who wait will not come: as if the first of the tasks had failed.
    fn fail_waiting(&mut self, failure: &JobFailure, turn: &mut RpcTurn<'_>) {
        let first = self.waiting.first().map(|bulk| bulk[0]);
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

    /// Asks for the slots of these tasks, and deploys what can be deployed.
    pub(super) fn schedule(&mut self, bulks: Vec<Bulk>, turn: &mut RpcTurn<'_>) {
        for &task in bulks.iter().flatten() {
            self.become_state(task, ExecutionState::Scheduled);
            self.slots.request(task);
        }
        self.waiting.extend(bulks);
        self.fulfil_slots();
        let slots = self.slots.required();
        if slots > self.declared_slots {
            self.declared_slots = slots;
            turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots });
        }
        self.deploy_ready(turn);
    }

    /// Deploys those all of whose slots are there, each bulk in topological order.
    pub(super) fn deploy_ready(&mut self, turn: &mut RpcTurn<'_>) {
        for tasks in std::mem::take(&mut self.waiting) {
            if tasks.iter().any(|&task| self.slots.slot_of(task).is_none()) {
                // A failure of others before it may have cancelled it: then it waits no more.
                if tasks.iter().any(|task| self.executions[task.index()].state == ExecutionState::Scheduled) {
                    self.waiting.push(tasks);
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
                self.note_unknown_inputs(task);
                let descriptor = Rc::new(self.describe(task, slot));
                turn.send(Address::TaskExecutor(slot.task_manager), Call::SubmitTask(descriptor));
            }
        }
        self.note_waiting(turn.now);
    }

    /// The time of a slot request starts when tasks begin to wait, and ends when none does. A batch job waits for
    /// slots that others of its regions will leave.
    pub(super) fn note_waiting(&mut self, now: u64) {
        let is_waiting = !self.waiting.is_empty() && self.slots.slot_use() == SlotUse::Indefinite;
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
            tells_of_first_buffers: self.strategy.allows_unknown_producers(),
        }
    }

    fn describe_gate(&self, gate: &PlannedGate, attempt: u32) -> GateDescriptor {
        let channels = gate.channels.iter().map(|&id| self.describe_channel(id, attempt));
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
            self.schedule(after.schedule, turn);
        }
        self.update_partitions(turn);
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
