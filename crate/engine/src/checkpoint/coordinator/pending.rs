//! A checkpoint that was triggered and not yet acknowledged by all.
//!
//! Contract: it only grows until it is complete or given up; who may answer was decided by its plan. Flink:
//! `PendingCheckpoint`, `DefaultCheckpointPlan#fulfillFinishedTaskStatus`.

use std::rc::Rc;

use super::completed::CompletedCheckpoint;
use super::hooks::HookAnswer;
use super::plan::CheckpointPlan;
use super::request::TriggerRequest;
use super::topology::{CheckpointTopology, CheckpointVertex};
use crate::base::ids::{OperatorId, TaskId, VertexIdx};
use crate::base::ordered::{SortedMap, SortedSet, set_of};
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::TaskStateSnapshot;
use crate::checkpoint::operator_state::OperatorState;
use crate::checkpoint::storage::SnapshotId;
use crate::network::barrier::CheckpointBarrier;
use crate::record::Value;

/// See the module.
#[derive(Clone, Debug)]
pub struct PendingCheckpoint {
    pub id: u64,
    /// When it was triggered.
    pub timestamp: u64,
    pub request: TriggerRequest,
    pub plan: CheckpointPlan,
    /// When it is given up.
    pub expires_at: u64,
    /// What the tasks are told once all hooks of the master have answered.
    pub barrier: Option<CheckpointBarrier>,
    /// Answers of those that have not.
    pub hooks: Vec<HookAnswer>,
    /// What the others had.
    pub master_states: Vec<Value>,
    /// What it will be once its `_metadata` is written.
    pub finalizing: Option<Rc<CompletedCheckpoint>>,
    unacknowledged: SortedSet<TaskId>,
    states: SortedMap<OperatorId, OperatorState>,
    /// Tasks of vertices that were restored as finished.
    finished_on_restore: SortedSet<TaskId>,
    /// Tasks whose operators have finished, and which wait for this checkpoint to end.
    finished_operators: SortedSet<TaskId>,
}

/// What an answer was worth. Flink: `PendingCheckpoint.TaskAcknowledgeResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskAcknowledgeResult {
    Success,
    /// The task had answered before.
    Duplicate,
    /// The task had not been asked.
    Unknown,
}

impl PendingCheckpoint {
    /// One that nobody has answered. `coordinators`: what the operators' coordinators had.
    pub fn new(
        id: u64,
        timestamp: u64,
        request: TriggerRequest,
        plan: CheckpointPlan,
        expires_at: u64,
    ) -> Self {
        let unacknowledged = set_of(plan.wait.iter().copied());
        Self {
            id,
            timestamp,
            request,
            plan,
            expires_at,
            barrier: None,
            hooks: Vec::new(),
            master_states: Vec::new(),
            finalizing: None,
            unacknowledged,
            states: SortedMap::new(),
            finished_on_restore: SortedSet::new(),
            finished_operators: SortedSet::new(),
        }
    }

    /// What its files are written for.
    pub const fn snapshot_id(&self) -> SnapshotId {
        SnapshotId { checkpoint: self.id, snapshot: self.request.snapshot, target: self.request.target }
    }

    /// Whether a newer checkpoint may take its place: nobody waits for it by name.
    pub const fn can_be_subsumed(&self) -> bool {
        !self.request.snapshot.is_savepoint() && !self.request.is_forced
    }

    /// Who has not answered.
    pub const fn unacknowledged(&self) -> &SortedSet<TaskId> {
        &self.unacknowledged
    }

    /// Whether all have answered.
    pub fn is_fully_acknowledged(&self) -> bool {
        self.barrier.is_none() && self.unacknowledged.is_empty()
    }

    /// The coordinator of the source at the head of a vertex has answered.
    pub fn acknowledge_coordinator(&mut self, topology: &CheckpointTopology, head: OperatorId, state: Value) {
        let found = topology.vertices.iter().find(|vertex| vertex.operators[0].id == head);
        let vertex = found.expect("a coordinator belongs to a vertex");
        self.state_of(vertex, 0).coordinator = Some(state);
    }

    /// A task has answered.
    pub fn acknowledge(
        &mut self,
        topology: &CheckpointTopology,
        task: TaskId,
        snapshot: &TaskStateSnapshot,
    ) -> TaskAcknowledgeResult {
        if !self.unacknowledged.remove(&task) {
            let was_asked = self.plan.wait.contains(&task);
            return if was_asked { TaskAcknowledgeResult::Duplicate } else { TaskAcknowledgeResult::Unknown };
        }
        let (vertex, subtask_idx) = (topology.vertex_of(task), topology.tasks[task.index()].subtask_idx);
        if snapshot.is_task_deployed_as_finished {
            self.finished_on_restore.insert(task);
        } else if snapshot.is_task_finished {
            self.finished_operators.insert(task);
        }
        for (place, operator) in vertex.operators.iter().enumerate() {
            let state = snapshot.get(operator.id).cloned().unwrap_or_default();
            self.state_of(vertex, place).subtasks.insert(subtask_idx, state);
        }
        TaskAcknowledgeResult::Success
    }

    /// What it holds, now that all have answered: what has finished is said to have.
    pub fn finalize(
        mut self,
        topology: &CheckpointTopology,
    ) -> Result<SortedMap<OperatorId, OperatorState>, CheckpointFailureReason> {
        for place in 0..topology.vertices.len() as u32 {
            let vertex = &topology.vertices[place as usize];
            let finished = self.finished_tasks_of(vertex, VertexIdx(place));
            let operators_finished =
                vertex.tasks().filter(|task| self.finished_operators.contains(task)).count();
            let is_partly_finished = |count: usize| count > 0 && count < vertex.parallelism as usize;
            for operator in 0..vertex.operators.len() {
                let is_in_part = is_partly_finished(finished.len())
                    || is_partly_finished(operators_finished + finished.len());
                let state = self.state_of(vertex, operator);
                if is_in_part && state.uses_union_state() {
                    return Err(CheckpointFailureReason::DeclinedTaskClosing);
                }
                for &subtask in &finished {
                    state.subtasks.remove(&subtask);
                    state.finished.insert(subtask);
                }
            }
        }
        Ok(self.states)
    }

    /// The subtasks of a vertex that start finished when they are restored.
    fn finished_tasks_of(&self, vertex: &CheckpointVertex, place: VertexIdx) -> SortedSet<u32> {
        let is_finished = |task: &TaskId| {
            self.plan.finished.contains(task)
                || self.finished_on_restore.contains(task)
                || self.plan.fully_finished.contains(&place)
        };
        set_of(vertex.tasks().filter(is_finished).map(|task| task.0 - vertex.first_task.0))
    }

    fn state_of(&mut self, vertex: &CheckpointVertex, place: usize) -> &mut OperatorState {
        let operator = &vertex.operators[place];
        self.states.entry(operator.id).or_insert_with(|| {
            OperatorState::new(operator.id, &operator.name, vertex.parallelism, vertex.max_parallelism)
        })
    }
}
