//! What a TaskExecutor gets to run a task. Flink: `TaskDeploymentDescriptor` with its
//! `InputGateDeploymentDescriptor`s, `ResultPartitionDeploymentDescriptor`s and the `StreamConfig`s.

use std::rc::Rc;

use super::pace::Speed;
use crate::base::ids::{ChannelId, ExecutionAttemptId, PartitionId, TaskId, TaskManagerId, VertexIdx};
use crate::checkpoint::handles::JobManagerTaskRestore;
use crate::checkpoint::storage::CheckpointStorage;
use crate::graph::checkpoint_settings::CheckpointSettings;
use crate::graph::job_graph::{ChainedOperator, JobType};
use crate::graph::operator_spec::Partitioner;
use crate::graph::time_settings::TimeSettings;
use crate::network::partition_type::ResultPartitionType;

/// See the module.
#[derive(Clone, Debug)]
pub struct TaskDescriptor {
    /// The subtask.
    pub task: TaskId,
    /// Whether its job runs for good.
    pub job_type: JobType,
    /// Its vertex.
    pub vertex: VertexIdx,
    /// `Flat Map (1/3)`: the vertex's name, the subtask counted from 1, the parallelism.
    pub name: Rc<str>,
    pub subtask_idx: u32,
    pub parallelism: u32,
    pub max_parallelism: u32,
    /// Attempt number, from 0.
    pub attempt: u32,
    /// The slot that it runs in, of its TaskManager.
    pub slot: u32,
    /// The chain, head first.
    pub chain: Rc<[ChainedOperator]>,
    pub time: TimeSettings,
    /// How the job checkpoints.
    pub checkpoint: Rc<CheckpointSettings>,
    /// Input gates in the order of the job edges.
    pub gates: Vec<GateDescriptor>,
    /// What the chain's head needs of each of its inputs; nothing in streaming.
    pub input_requirements: Rc<[InputRequirement]>,
    /// Of the managed memory of its slot: so many of so many parts are for sorting its inputs.
    pub sort_memory: (u32, u32),
    /// Result partitions in the order of the job edges.
    pub partitions: Vec<PartitionDescriptor>,
    /// How fast the task works.
    pub speed: Speed,
    /// Where its snapshots go.
    pub storage: CheckpointStorage,
    /// The state that it begins with; `None`: nothing, as on a first start.
    pub task_restore: Option<Rc<JobManagerTaskRestore>>,
    /// Whether the job goes on from a checkpoint: records may come that were on their way then, and a mark behind them.
    pub is_restored: bool,
    /// Whether the JobMaster is told of the first buffer of each partition. Flink until 1.12:
    /// `sendScheduleOrUpdateConsumersMessage`.
    pub tells_of_first_buffers: bool,
}

impl TaskDescriptor {
    /// Whether all its data was through when the checkpoint was taken that it is restored from.
    pub fn is_finished_on_restore(&self) -> bool {
        self.task_restore.as_ref().is_some_and(|restore| restore.state.is_task_deployed_as_finished)
    }

    /// The attempt's id.
    pub const fn execution(&self) -> ExecutionAttemptId {
        ExecutionAttemptId { task: self.task, attempt: self.attempt }
    }
}

/// What an operator needs of an input. Flink: `StreamConfig.InputRequirement`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputRequirement {
    /// Its records come key after key.
    Sorted,
    /// They come as they are, before those of any other input.
    PassThrough,
    /// They come as they are, when no input that passes through has more.
    Later,
}

/// An input gate.
#[derive(Clone, Debug)]
pub struct GateDescriptor {
    /// Which input of the chain's head it feeds, from 0.
    pub input: u8,
    /// How its producers choose a channel for a record.
    pub partitioner: Partitioner,
    /// Its channels in the order of their producers.
    pub channels: Vec<ChannelDescriptor>,
}

/// An input channel. Flink: `ShuffleDescriptor`.
#[derive(Clone, Debug)]
pub struct ChannelDescriptor {
    pub channel: ChannelId,
    pub partition: PartitionId,
    pub subpartition: u32,
    /// Where the producer runs; `None`: it is not known yet. Flink: `UnknownShuffleDescriptor`.
    pub producer: Option<TaskManagerId>,
}

/// A result partition and the writer before it.
#[derive(Clone, Debug)]
pub struct PartitionDescriptor {
    pub id: PartitionId,
    pub subpartitions: u32,
    pub result_type: ResultPartitionType,
    pub partitioner: Partitioner,
    /// Max parallelism of the consumer: the number of key groups that a hash partitioner spreads over.
    pub key_groups: u32,
    pub flush: FlushPolicy,
    /// Whether barriers may overtake records here. Flink: `StreamEdge#supportsUnalignedCheckpoints`.
    pub supports_unaligned: bool,
}

/// When written bytes become visible. Flink: `execution.buffer-timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushPolicy {
    /// After each record (timeout 0).
    EachRecord,
    /// Every so many ticks, on a grid from the task's start.
    EveryTicks(u64),
    /// Full buffers, events and the end only (timeout −1).
    WhenFull,
}

impl FlushPolicy {
    /// The policy for a buffer timeout in ms as the API takes it.
    pub const fn from_buffer_timeout(timeout_ms: i64) -> Self {
        match timeout_ms {
            0 => Self::EachRecord,
            timeout if timeout > 0 => Self::EveryTicks(timeout as u64),
            _ => Self::WhenFull,
        }
    }
}
