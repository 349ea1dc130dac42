//! What is to be deployed: the ExecutionGraph's vertices with everything that their tasks need.
//!
//! Execution `n` of this plan becomes task `n`; channels stand in the order of their ids. Both orders are
//! those of the topology that the page draws.

use std::rc::Rc;

use super::options::SchedulerOptions;
use crate::base::ids::{ChannelId, JobVertexId, PartitionId, TaskId, VertexIdx};
use crate::checkpoint::storage::CheckpointStorage;
use crate::graph::checkpoint_settings::CheckpointSettings;
use crate::graph::job_graph::{ChainedOperator, JobGraph, JobType};
use crate::graph::operator_spec::SourceSpec;
use crate::graph::restart_options::RestartOptions;
use crate::graph::time_settings::TimeSettings;
use crate::network::partition_type::ResultPartitionType;
use crate::task::descriptor::{InputRequirement, PartitionDescriptor};
use crate::task::pace::Speed;

/// See the module.
#[derive(Clone, Debug)]
pub struct JobPlan {
    pub job_name: Rc<str>,
    /// As Flink writes a `JobID`.
    pub job_id: Rc<str>,
    pub job_type: JobType,
    pub time: TimeSettings,
    /// How the job checkpoints.
    pub checkpoint: Rc<CheckpointSettings>,
    /// Where its snapshots go.
    pub storage: CheckpointStorage,
    /// What is done after a failure.
    pub restart: RestartOptions,
    /// How it is scheduled.
    pub scheduler: SchedulerOptions,
    /// What it is made of at another parallelism, if it is scheduled adaptively.
    pub adaptive_job: Option<Rc<JobGraph>>,
    /// Job vertices in topological order.
    pub vertices: Vec<PlannedVertex>,
    /// Execution vertices, vertex by vertex.
    pub executions: Vec<PlannedExecution>,
    /// Channels, consumer by consumer.
    pub channels: Vec<PlannedChannel>,
    /// Pipelined regions, each as its tasks in topological order.
    pub regions: Vec<Vec<TaskId>>,
}

/// A job vertex.
#[derive(Clone, Debug)]
pub struct PlannedVertex {
    pub id: JobVertexId,
    pub name: Rc<str>,
    pub parallelism: u32,
    pub max_parallelism: u32,
    /// Nobody set it: it was made of the parallelism.
    pub is_max_parallelism_derived: bool,
    pub slot_sharing_group: Rc<str>,
    pub co_location_group: Option<Rc<str>>,
    /// Its operators, head first.
    pub chain: Rc<[ChainedOperator]>,
    /// What its source reads, if it is one: its enumerator runs at the JobMaster.
    pub source: Option<SourceSpec>,
    /// What its head needs of each of its inputs; nothing in streaming.
    pub input_requirements: Rc<[InputRequirement]>,
    pub speed: Speed,
    /// The task of its first subtask.
    pub first_task: TaskId,
}

/// An execution vertex.
#[derive(Clone, Debug)]
pub struct PlannedExecution {
    pub vertex: VertexIdx,
    pub subtask_idx: u32,
    /// `Flat Map (1/3)`.
    pub name: Rc<str>,
    pub gates: Vec<PlannedGate>,
    pub partitions: Vec<PartitionDescriptor>,
}

/// An input gate: one for each job edge that leads to the vertex.
#[derive(Clone, Debug)]
pub struct PlannedGate {
    /// Which input of the chain's head it feeds, from 0.
    pub input: u8,
    pub channels: Vec<ChannelId>,
}

/// A channel from a subpartition to an input channel.
#[derive(Clone, Debug)]
pub struct PlannedChannel {
    pub from: TaskId,
    /// Which of the producer's result partitions.
    pub output: u32,
    pub partition: PartitionId,
    pub subpartition: u32,
    pub to: TaskId,
    /// Which of the consumer's gates, which of its channels.
    pub gate: u32,
    pub channel: u32,
    pub ship_strategy: Rc<str>,
    pub result_type: ResultPartitionType,
}

impl PlannedVertex {
    /// Whether it sorts an input.
    pub fn sorts(&self) -> bool {
        self.input_requirements.contains(&InputRequirement::Sorted)
    }
}

impl JobPlan {
    /// Of the managed memory of a slot, how many of how many parts a vertex has for sorting: its sorters share
    /// the slot with those of the other vertices of the slot sharing group. Flink:
    /// `StreamingJobGraphGenerator#setManagedMemoryFraction`.
    pub fn sort_memory_of(&self, vertex: &PlannedVertex) -> (u32, u32) {
        let is_sharing =
            |other: &&PlannedVertex| other.slot_sharing_group == vertex.slot_sharing_group && other.sorts();
        (u32::from(vertex.sorts()), self.vertices.iter().filter(is_sharing).count().max(1) as u32)
    }

    /// Gives a vertex another max parallelism: its producers spread keys over so many key groups.
    pub fn set_max_parallelism(&mut self, vertex: usize, max_parallelism: u32) {
        self.vertices[vertex].max_parallelism = max_parallelism;
        for channel in &self.channels {
            if self.executions[channel.to.index()].vertex.index() == vertex {
                let producer = &mut self.executions[channel.from.index()];
                producer.partitions[channel.output as usize].key_groups = max_parallelism;
            }
        }
    }

    /// The vertex of a task.
    pub fn vertex_of(&self, task: TaskId) -> &PlannedVertex {
        &self.vertices[self.executions[task.index()].vertex.index()]
    }

    /// Tasks that write what this one reads, in the order of its channels, each once.
    pub fn producers_of(&self, task: TaskId) -> Vec<TaskId> {
        let mut producers: Vec<TaskId> = Vec::new();
        for channel in self.executions[task.index()].gates.iter().flat_map(|gate| &gate.channels) {
            let producer = self.channels[channel.index()].from;
            if !producers.contains(&producer) {
                producers.push(producer);
            }
        }
        producers
    }
}
