//! What the coordinator knows of the job: its tasks, who feeds whom, and their operators.
//!
//! Flink: the part of the `ExecutionGraph` that `DefaultCheckpointPlanCalculator` and `PendingCheckpoint` read.

use std::rc::Rc;

use crate::base::ids::{OperatorId, TaskId, VertexIdx};
use crate::graph::job_graph::SubtaskStateMapper;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct CheckpointTopology {
    /// In topological order.
    pub vertices: Vec<CheckpointVertex>,
    /// By task id.
    pub tasks: Vec<CheckpointTask>,
    pub edges: Vec<CheckpointEdge>,
}

/// A job edge: records may be in flight on it.
#[derive(Clone, Copy, Debug)]
pub struct CheckpointEdge {
    pub source: VertexIdx,
    /// Which of the source's result partitions.
    pub partition: u32,
    pub target: VertexIdx,
    /// Which of the target's gates.
    pub gate: u32,
    /// How producers share what they had written.
    pub upstream: SubtaskStateMapper,
    /// How consumers share what they were to read.
    pub downstream: SubtaskStateMapper,
}

/// A job vertex.
#[derive(Clone, Debug)]
pub struct CheckpointVertex {
    pub id: OperatorId,
    pub name: Rc<str>,
    pub parallelism: u32,
    pub max_parallelism: u32,
    /// Nobody set it: that of restored state takes its place.
    pub is_max_parallelism_derived: bool,
    pub first_task: TaskId,
    /// Nothing comes out before its input has ended, which is sorted meanwhile: there is no point that could be kept.
    /// Flink: `JobVertex#isAnyOutputBlocking`.
    pub is_any_output_blocking: bool,
    /// The chain, head first.
    pub operators: Vec<CheckpointOperator>,
}

/// An operator of a chain.
#[derive(Clone, Debug)]
pub struct CheckpointOperator {
    pub id: OperatorId,
    /// The alternative id that `setUidHash` gave.
    pub user_defined_id: Option<OperatorId>,
    pub name: Rc<str>,
}

/// An execution vertex.
#[derive(Clone, Debug)]
pub struct CheckpointTask {
    pub vertex: VertexIdx,
    pub subtask_idx: u32,
    /// Tasks that write what it reads.
    pub producers: Vec<TaskId>,
}

/// What the current attempt of a task does, as far as checkpoints care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskActivity {
    /// Not deployed, not started, or on its way out.
    NotRunning,
    Running,
    Finished,
}

impl CheckpointTopology {
    /// The vertex of a task.
    pub fn vertex_of(&self, task: TaskId) -> &CheckpointVertex {
        &self.vertices[self.tasks[task.index()].vertex.index()]
    }

    /// All tasks.
    pub fn task_ids(&self) -> impl Iterator<Item = TaskId> + use<> {
        (0..self.tasks.len() as u32).map(TaskId)
    }
}

impl CheckpointVertex {
    /// Its tasks.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> + use<> {
        (self.first_task.0..self.first_task.0 + self.parallelism).map(TaskId)
    }
}
