//! Failures and what follows: tasks are cancelled, and start again after a while, or the job fails.
//!
//! Contract: a restart waits for its delay and for the end of all attempts that it replaces; of its tasks, those
//! about which something else was decided since are left to that. Flink: `DefaultScheduler#handleTaskFailure`,
//! `#restartTasksWithDelay`, `ExecutionGraph#failJob`.

use std::rc::Rc;

use super::{Execution, JobFailure, JobMaster, SlotId, Transition};
use crate::base::ids::{ExecutionAttemptId, TaskId, TaskManagerId, attempt_number};
use crate::base::limits::ASK_TIMEOUT_TICKS;
use crate::base::ordered::set_of;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, RpcTurn};
use crate::network::partition_type::ReleasedBy;
use crate::scheduler::exception_history::ExceptionHistoryEntry;
use crate::scheduler::failure_handler::FailureOutcome;
use crate::task::descriptor::PartitionDescriptor;
use crate::task::message::TaskFailure;
use crate::task::state::ExecutionState;

/// A restart that is to come.
#[derive(Clone, Debug)]
pub(super) struct PendingRestart {
    /// Not before.
    at: u64,
    /// Whether that time has come.
    is_due: bool,
    /// The attempts to replace, with the versions of their vertices.
    tasks: Vec<(ExecutionAttemptId, u32)>,
}

impl JobMaster {
    pub(super) fn on_state(
        &mut self,
        id: ExecutionAttemptId,
        state: ExecutionState,
        failure: Option<TaskFailure>,
        turn: &mut RpcTurn<'_>,
    ) {
        if !self.is_current(id) {
            return;
        }
        let task = id.task;
        let current = self.executions[task.index()].state;
        // It ended before the cancellation reached it, which will not be answered any more: however it ended, it
        // counts as cancelled. Flink: `Execution#markFinished`, `Execution#markFailed`.
        let has_ended = current == ExecutionState::Canceling && state.is_terminal();
        let (state, failure) = if has_ended { (ExecutionState::Canceled, None) } else { (state, failure) };
        if !current.may_become(state) {
            return self.on_unexpected(id, state, turn);
        }
        self.become_state(task, state);
        match state {
            ExecutionState::Initializing => self.update_partitions(turn),
            ExecutionState::Finished => self.on_finished(task, turn),
            _ => {}
        }
        if let (ExecutionState::Failed, Some(failure)) = (state, failure) {
            self.on_failure(Some(task), Rc::new(JobFailure::Task { task, failure }), turn);
        }
        self.note_end(task, turn);
        self.restart_what_has_ended(turn);
        self.end_if_all_ended(turn);
    }

    /// A report does not follow what is known: of a task that runs, since the one before was lost, so that it is failed;
    /// one that is being cancelled is told so again; what a task says late that is over has no effect. Flink:
    /// `Execution#switchTo`.
    fn on_unexpected(&mut self, id: ExecutionAttemptId, state: ExecutionState, turn: &mut RpcTurn<'_>) {
        let current = self.executions[id.task.index()].state;
        if current.is_terminal() || state > ExecutionState::Running {
            return;
        }
        self.send_to(id.task, Call::CancelTask(id), turn);
        if current == ExecutionState::Deploying {
            let of = "Exception: Concurrent unexpected state transition of task ";
            let from = " from DEPLOYING (expected INITIALIZING) to RUNNING while deployment was in progress.";
            self.fail(id, [of, &self.attempt_text(id), from].concat(), turn);
        }
    }

    /// An attempt failed, not of what it did.
    fn fail(&mut self, id: ExecutionAttemptId, text: String, turn: &mut RpcTurn<'_>) {
        self.on_state(id, ExecutionState::Failed, Some(TaskFailure::of_text(text)), turn);
    }

    fn attempt_text(&self, id: ExecutionAttemptId) -> String {
        format!("{} (attempt #{})", self.name_of(id.task), attempt_number(id.attempt))
    }

    /// A task could not be submitted.
    pub(super) fn on_unreachable(
        &mut self,
        task_manager: TaskManagerId,
        execution: ExecutionAttemptId,
        turn: &mut RpcTurn<'_>,
    ) {
        let text = format!(
            "RecipientUnreachableException: Could not send message [submitTask] from JobMaster to TaskManager {}, because \
             the recipient is unreachable. This can either mean that the recipient has been terminated or that the \
             remote RpcService is currently not reachable.",
            task_manager.0 + 1
        );
        self.fail(execution, text, turn);
    }

    /// A TaskManager did not answer in time. Flink: `Execution#deploy`, `#sendCancelRpcCall`, `SubtaskGatewayImpl`,
    /// `CheckpointCoordinator#onTriggerFailure`.
    pub fn on_ask_failed(&mut self, to: Address, call: &Call, message: &str, turn: &mut RpcTurn<'_>) {
        let about = match call {
            Call::SubmitTask(descriptor) => Some(descriptor.execution()),
            _ => call.execution(),
        };
        // What it was about may have been replaced.
        if about.is_none_or(|id| !self.is_current(id)) {
            return;
        }
        let name = |id: ExecutionAttemptId| self.name_of(id.task);
        let (execution, text) = match call {
            Call::SubmitTask(descriptor) => {
                let id = descriptor.execution();
                let text = format!(
                    "Exception: Cannot deploy task {} - TaskManager ({to}) not responding after a rpcTimeout of \
                     {ASK_TIMEOUT_TICKS} ms",
                    self.attempt_text(id)
                );
                (id, text)
            }
            Call::UpdatePartitions { execution: id, .. } => {
                let text = format!(
                    "IllegalStateException: Update to task [{} - execution #{}] on TaskManager {to} failed",
                    name(*id),
                    attempt_number(id.attempt)
                );
                (*id, text)
            }
            Call::CancelTask(id) => (*id, "Exception: Task could not be canceled.".to_owned()),
            Call::TriggerCheckpoint { execution, barrier } => {
                let (execution, checkpoint) = (*execution, barrier.id);
                let reason = CheckpointFailureReason::TriggerCheckpointFailure;
                let declined = Call::DeclineCheckpoint { execution, checkpoint, reason, cause: None };
                return self.receive(to, &declined, turn);
            }
            Call::AddSplit { .. } | Call::NoMoreSplits(_) | Call::WatermarkAlignment { .. } => {
                let Some(id) = call.execution() else { return };
                let text = format!(
                    "FlinkException: An OperatorEvent from an OperatorCoordinator to a task was lost. Triggering task \
                     failover to ensure consistency. Event: '{}', targetTask: {}. Caused by: {message}",
                    call.describe(&|task| Rc::clone(&self.plan.executions[task.index()].name)),
                    name(id)
                );
                (id, text)
            }
            _ => return,
        };
        // Unlike one that could not be deployed, or not be cancelled, it is known to be there.
        let is_there = !matches!(call, Call::SubmitTask(_) | Call::CancelTask(_));
        if is_there {
            self.send_to(execution.task, Call::CancelTask(execution), turn);
        }
        self.fail(execution, text, turn);
        self.follow_job_status(turn);
    }

    /// A TaskManager reports the attempts that it has: one that should be there is failed, one that should not is
    /// cancelled. Flink: `DefaultExecutionDeploymentReconciler`.
    pub fn reconcile(&mut self, id: TaskManagerId, live: &[ExecutionAttemptId], turn: &mut RpcTurn<'_>) {
        for task in self.task_ids() {
            let (execution, here) = (&self.executions[task.index()], self.execution_id(task));
            let is_there = execution.slot.is_some_and(|slot| slot.task_manager == id);
            let is_deployed = execution.state >= ExecutionState::Deploying && !execution.state.is_terminal();
            if is_there && is_deployed && !live.contains(&here) {
                let text = format!(
                    "FlinkException: Execution {} is unexpectedly no longer running on task executor {}.",
                    self.attempt_text(here),
                    Address::TaskExecutor(id)
                );
                self.fail(here, text, turn);
            }
        }
        for &execution in live {
            if !self.is_current(execution) || self.executions[execution.task.index()].state.is_terminal() {
                turn.send(Address::TaskExecutor(id), Call::CancelTask(execution));
            }
        }
        self.follow_job_status(turn);
    }

    /// A TaskManager is gone: its slots, its results, its tasks. Flink: `JobMaster#disconnectTaskManager`.
    pub fn on_task_manager_lost(&mut self, id: TaskManagerId, message: &str, turn: &mut RpcTurn<'_>) {
        self.on_slots_lost(&|slot| slot.task_manager == id, message, turn);
    }

    /// These slots are gone, with what is in them. Flink: `JobMaster#failSlot`.
    pub fn on_slots_lost(&mut self, is_lost: &dyn Fn(SlotId) -> bool, message: &str, turn: &mut RpcTurn<'_>) {
        let (executions, slots) = (&self.executions, &self.slots);
        let is_there = |slot: Option<SlotId>| slot.is_some_and(is_lost);
        let has_task = |&task: &TaskId| {
            let execution = &executions[task.index()];
            is_there(if execution.state < ExecutionState::Deploying {
                slots.slot_of(task)
            } else {
                execution.slot
            }) && !execution.state.is_terminal()
        };
        let lost: Vec<TaskId> = self.task_ids().filter(has_task).collect();
        self.strategy.stop_tracking(|producer| is_there(executions[producer.index()].slot));
        self.slots.remove(is_lost);
        for task in lost {
            self.fail(self.execution_id(task), message.to_owned(), turn);
        }
        self.follow_job_status(turn);
    }

    /// A task failed, or the job as a whole.
    pub(super) fn on_failure(
        &mut self,
        failed: Option<TaskId>,
        failure: Rc<JobFailure>,
        turn: &mut RpcTurn<'_>,
    ) {
        if !matches!(self.status, JobStatus::Running | JobStatus::Restarting) {
            return self.fail_job(failure, None, turn);
        }
        // Whatever fails now is about to start again.
        if self.is_adaptive() && self.status == JobStatus::Restarting {
            return;
        }
        // Flink: `adaptive.StopWithSavepoint#onFailure`.
        let stopping = self.stopping_failure(Some(Rc::clone(&failure))).filter(|_| self.is_adaptive());
        let (failed, failure) = stopping.map_or((failed, failure), |stopping| (None, stopping));
        let result = self.handler.handle(&failure, failed, &self.strategy, turn.now, turn.choices);
        let root = ExceptionHistoryEntry {
            at: turn.now,
            failure: Rc::clone(&failure),
            execution: failed.map(|task| self.execution_id(task)),
            name: failed.map(|task| self.name_of(task)),
            task_manager: failed.and_then(|task| self.executions[task.index()].slot).map(|s| s.task_manager),
        };
        if let Some(task) = failed {
            self.executions[task.index()].failure = Some(Rc::clone(&failure));
        }
        match result.outcome {
            FailureOutcome::Fail(verdict) => {
                self.history.add(root, Vec::new(), result.is_new_attempt);
                self.fail_job(failure, Some(verdict), turn);
            }
            FailureOutcome::Restart { tasks, delay_ticks } => {
                let concurrent = self.failed_among(&tasks, failed, turn.now);
                self.history.add(root, concurrent, result.is_new_attempt);
                self.transitions.push(Transition::Restart { tasks: tasks.len() as u32, failed });
                if self.is_adaptive() {
                    self.restart_all(delay_ticks, None, turn);
                } else {
                    self.restart_later(&tasks, delay_ticks, turn);
                }
            }
        }
    }

    fn name_of(&self, task: TaskId) -> Rc<str> {
        Rc::clone(&self.plan.executions[task.index()].name)
    }

    /// Those of these tasks that failed, too, and wait for a restart since.
    fn failed_among(&self, tasks: &[TaskId], root: Option<TaskId>, now: u64) -> Vec<ExceptionHistoryEntry> {
        let others = tasks.iter().filter(|&&task| Some(task) != root);
        let entry = |&task: &TaskId| {
            let execution = &self.executions[task.index()];
            Some(ExceptionHistoryEntry {
                at: now,
                failure: Rc::clone(execution.failure.as_ref()?),
                execution: Some(self.execution_id(task)),
                name: Some(self.name_of(task)),
                task_manager: execution.slot.map(|slot| slot.task_manager),
            })
        };
        others.filter_map(entry).collect()
    }

    /// Cancels tasks, to start them again after so many ticks.
    fn restart_later(&mut self, tasks: &[TaskId], delay_ticks: u64, turn: &mut RpcTurn<'_>) {
        let mut replaced = Vec::with_capacity(tasks.len());
        for &task in tasks {
            let execution = &mut self.executions[task.index()];
            execution.version += 1;
            replaced.push((ExecutionAttemptId { task, attempt: execution.attempt }, execution.version));
        }
        self.waiting_for_restart.extend(tasks);
        if self.status == JobStatus::Running {
            self.become_status(JobStatus::Restarting);
        }
        self.strategy.suspend(tasks);
        for bulk in &mut self.waiting {
            bulk.retain(|task| !tasks.contains(task));
        }
        self.waiting.retain(|bulk| !bulk.is_empty());
        self.note_waiting(turn.now);
        for &task in tasks {
            self.cancel_task(task, turn);
        }
        let at = turn.now + delay_ticks;
        self.restarts.push(PendingRestart { at, is_due: false, tasks: replaced });
    }

    /// When the next restart may come.
    pub fn next_restart(&self) -> Option<u64> {
        self.restarts.iter().filter(|restart| !restart.is_due).map(|restart| restart.at).min()
    }

    /// The attempts that a restart whose time has come still waits for.
    pub fn still_to_end(&self) -> impl Iterator<Item = TaskId> {
        let due = self.restarts.iter().filter(|restart| restart.is_due);
        let replaced = due.flat_map(|restart| &restart.tasks).map(|&(id, _)| id);
        replaced.filter(|&id| !self.has_ended(id)).map(|id| id.task)
    }

    pub(super) fn run_restarts(&mut self, turn: &mut RpcTurn<'_>) {
        for restart in &mut self.restarts {
            restart.is_due |= restart.at <= turn.now;
        }
        self.restart_what_has_ended(turn);
    }

    /// Makes the restarts whose time has come and whose attempts have all ended.
    fn restart_what_has_ended(&mut self, turn: &mut RpcTurn<'_>) {
        let is_ready = |restart: &PendingRestart| {
            restart.is_due && restart.tasks.iter().all(|&(id, _)| self.has_ended(id))
        };
        if let Some(place) = self.restarts.iter().position(is_ready) {
            let restart = self.restarts.remove(place);
            let is_unmodified = |&(id, version): &(ExecutionAttemptId, u32)| {
                let execution: &Execution = &self.executions[id.task.index()];
                (execution.version == version).then_some(id.task)
            };
            let tasks: Vec<TaskId> = restart.tasks.iter().filter_map(is_unmodified).collect();
            // Which goes on with the next one.
            self.restart(&tasks, turn);
        }
    }

    /// For tests: what is decided does not come about.
    #[cfg(test)]
    pub fn forget_restarts(&mut self) {
        self.restarts.clear();
    }

    /// For tests: why it failed.
    #[cfg(test)]
    pub fn forget_failure(&mut self) {
        self.failure = None;
    }

    fn has_ended(&self, id: ExecutionAttemptId) -> bool {
        !self.is_current(id) || self.executions[id.task.index()].state.is_terminal()
    }

    /// New attempts of these tasks. Flink: `DefaultScheduler#restartTasks`.
    fn restart(&mut self, tasks: &[TaskId], turn: &mut RpcTurn<'_>) {
        self.waiting_for_restart.retain(|task| !tasks.contains(task));
        if self.waiting_for_restart.is_empty() && self.status == JobStatus::Restarting {
            self.become_status(JobStatus::Running);
        }
        let (bulks, released) = self.strategy.restart(tasks);
        self.release_partitions(&released, turn);
        let checkpoint = self.restore_tasks(tasks, turn);
        for &task in tasks {
            let execution = &mut self.executions[task.index()];
            execution.attempt += 1;
            execution.state = ExecutionState::Created;
            execution.failure = None;
            self.unknown_inputs.retain(|&(reader, _)| reader != task);
            self.transitions.push(Transition::Execution(task, ExecutionState::Created));
            let planned = &self.plan.executions[task.index()];
            if let Some(enumerator) = self.enumerators.get_mut(&planned.vertex.0) {
                enumerator.subtask_reset(planned.subtask_idx, checkpoint);
            }
        }
        match self.restore_hooks(turn.now) {
            Ok(()) => self.schedule(bulks, turn),
            Err(failure) => self.on_failure(None, failure, turn),
        }
        self.restart_what_has_ended(turn);
    }

    pub(super) fn fail_job(
        &mut self,
        failure: Rc<JobFailure>,
        verdict: Option<Rc<str>>,
        turn: &mut RpcTurn<'_>,
    ) {
        if self.status.may_become(JobStatus::Failing) {
            self.failure = Some(failure);
            self.verdict = verdict;
            self.become_status(JobStatus::Failing);
            self.cancel_tasks(turn);
        }
    }

    pub(super) fn cancel_job(&mut self, turn: &mut RpcTurn<'_>) {
        if self.status.may_become(JobStatus::Cancelling) {
            self.become_status(JobStatus::Cancelling);
            self.cancel_tasks(turn);
        }
    }

    /// The process leads no more: the job stops here, and TaskManagers are told. Flink: `JobMaster#stopJobExecution`,
    /// `ExecutionGraph#suspend`.
    pub fn suspend(&mut self, turn: &mut RpcTurn<'_>) {
        if self.status.may_become(JobStatus::Suspended) {
            self.become_status(JobStatus::Suspended);
            for task_manager in set_of(self.slots.offered().iter().map(|slot| slot.task_manager)) {
                let cause = "JobManager is no longer the leader.".into();
                turn.send(Address::TaskExecutor(task_manager), Call::DisconnectJobManager { cause });
            }
        }
    }

    /// The job ends: nothing is restarted any more.
    pub(super) fn cancel_tasks(&mut self, turn: &mut RpcTurn<'_>) {
        self.restarts.clear();
        self.waiting_for_restart.clear();
        self.waiting.clear();
        self.waiting_since = None;
        for task in self.task_ids() {
            self.cancel_task(task, turn);
        }
        self.end_if_all_ended(turn);
    }

    fn cancel_task(&mut self, task: TaskId, turn: &mut RpcTurn<'_>) {
        let state = self.executions[task.index()].state;
        if state < ExecutionState::Deploying {
            // Nothing was deployed of it. Flink: `Execution#cancelAtomically`.
            self.become_state(task, ExecutionState::Canceling);
            self.become_state(task, ExecutionState::Canceled);
        } else if state.may_become(ExecutionState::Canceling) {
            self.become_state(task, ExecutionState::Canceling);
            let slot = self.slot_of(task);
            turn.send(Address::TaskExecutor(slot.task_manager), Call::CancelTask(self.execution_id(task)));
        } else if state == ExecutionState::Finished {
            // It stays so, and nobody will read the rest of what it wrote. Flink: `Execution#cancel`.
            let partitions = self.plan.executions[task.index()].partitions.iter();
            let is_pipelined = |result: &&PartitionDescriptor| {
                result.result_type.properties().released_by == ReleasedBy::Upstream
            };
            let unread: Vec<_> = partitions.filter(is_pipelined).map(|result| (task, result.id)).collect();
            self.release_partitions(&unread, turn);
        }
    }

    fn end_if_all_ended(&mut self, turn: &mut RpcTurn<'_>) {
        if !self.executions.iter().all(|execution| execution.state.is_terminal()) {
            return;
        }
        let end = match self.status {
            JobStatus::Running => JobStatus::Finished,
            JobStatus::Failing => JobStatus::Failed,
            JobStatus::Cancelling => JobStatus::Canceled,
            _ => return,
        };
        self.become_status(end);
        turn.send(Address::ResourceManager, Call::DeclareRequiredResources { slots: 0 });
        let freed = set_of(self.slots.offered().iter().map(|slot| slot.task_manager));
        for task_manager in freed {
            turn.send(Address::TaskExecutor(task_manager), Call::FreeSlots);
        }
        turn.send(Address::Dispatcher, Call::JobReachedTerminalState(end));
    }
}
