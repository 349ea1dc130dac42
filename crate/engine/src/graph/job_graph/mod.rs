//! The JobGraph: chains of operators as vertices, and the data sets that they exchange.
//!
//! Flink: `JobGraph`, `JobVertex`, `JobEdge`, `IntermediateDataSet`.

pub mod chaining;
mod check;
mod generator;
mod hasher;
mod state_mapper;

use std::rc::Rc;

use super::checkpoint_settings::CheckpointSettings;
use super::operator_spec::{KeySelector, OperatorSpec, Partitioner};
use super::restart_options::RestartOptions;
use super::time_settings::TimeSettings;
use crate::base::ids::{JobVertexId, OperatorId, TransformationId, VertexIdx};
use crate::network::partition_type::ResultPartitionType;

pub use generator::generate;
pub use state_mapper::SubtaskStateMapper;

/// See the module.
#[derive(Clone, Debug)]
pub struct JobGraph {
    pub job_name: Rc<str>,
    pub job_type: JobType,
    /// In topological order, as the ExecutionGraph attaches them.
    pub vertices: Vec<JobVertex>,
    /// In the order in which they were made, which is that of the gates of a consumer and of the partitions
    /// of a producer.
    pub edges: Vec<JobEdge>,
    pub checkpoint: CheckpointSettings,
    pub restart: RestartOptions,
    pub time: TimeSettings,
}

/// Whether the tasks of a job end by themselves. Flink: `JobType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobType {
    /// Stage after stage.
    Batch,
    /// All at once, for good.
    Streaming,
}

/// A chain of operators.
#[derive(Clone, Debug)]
pub struct JobVertex {
    pub id: JobVertexId,
    pub name: Rc<str>,
    pub parallelism: u32,
    /// As the job set it; `None`: derived from the parallelism when the ExecutionGraph is made.
    pub max_parallelism: Option<u32>,
    pub slot_sharing_group: Rc<str>,
    pub co_location_group: Option<Rc<str>>,
    pub invokable: Invokable,
    /// Head first, each before those that it is chained to.
    pub operators: Vec<ChainedOperator>,
    /// Their ids in Flink's order: a chain's end first, its head last.
    pub operator_ids: Vec<OperatorId>,
    /// Places in `JobGraph::edges` of the edges that lead here, in the order of the input gates.
    pub inputs: Vec<u32>,
    /// Places of the edges that begin here, in the order of the result partitions.
    pub outputs: Vec<u32>,
}

/// An operator of a chain: what Flink writes into its `StreamConfig`.
#[derive(Clone, Debug)]
pub struct ChainedOperator {
    pub node: TransformationId,
    /// The transformation that it was made of, which errors speak about.
    pub transformation: TransformationId,
    pub id: OperatorId,
    /// The alternative id that `setUidHash` gave.
    pub user_defined_id: Option<OperatorId>,
    pub name: Rc<str>,
    pub operator: OperatorSpec,
    /// The key of each input's records, where the operator is keyed.
    pub keys: Vec<Option<KeySelector>>,
    /// Those into partitions before those into the chain, as Flink's `OperatorChain` makes them; else in the
    /// order of the StreamGraph's edges.
    pub outputs: Vec<OperatorOutput>,
}

/// A way out of an operator.
#[derive(Clone, Debug)]
pub struct OperatorOutput {
    pub tag: Option<Rc<str>>,
    pub target: OutputTarget,
}

/// Where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputTarget {
    /// To an operator of the chain, by its place in it.
    Chained { operator: u32, input: u8 },
    /// Into a result partition of the task.
    Partition(u32),
}

/// The class that runs a vertex. Flink: `TaskInvokable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invokable {
    SourceOperatorStreamTask,
    OneInputStreamTask,
    TwoInputStreamTask,
}

impl Invokable {
    /// Flink's class name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SourceOperatorStreamTask => "SourceOperatorStreamTask",
            Self::OneInputStreamTask => "OneInputStreamTask",
            Self::TwoInputStreamTask => "TwoInputStreamTask",
        }
    }
}

/// An edge between two vertices, with the data set that flows along it.
#[derive(Clone, Debug)]
pub struct JobEdge {
    pub source: VertexIdx,
    pub target: VertexIdx,
    pub data_set: IntermediateDataSetId,
    pub partitioner: Partitioner,
    pub result_type: ResultPartitionType,
    /// Which input of the target's head it feeds, from 0.
    pub input: u8,
    /// Buffer timeout of the producer in ms.
    pub buffer_timeout_ms: i64,
    /// Name of the operator at its beginning and at its end.
    pub operators: [Rc<str>; 2],
}

/// The id of an intermediate data set: made of the producer's id and the edge's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IntermediateDataSetId(pub [u8; 16]);
