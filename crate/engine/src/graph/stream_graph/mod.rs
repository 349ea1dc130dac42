//! The StreamGraph: the operators of a job and the edges between them, before any are chained.
//!
//! Flink: `StreamGraph`, `StreamNode`, `StreamEdge`.

mod generator;
pub mod plan;

use std::rc::Rc;

use super::operator_spec::{KeySelector, OperatorSpec, Partitioner};
use super::transformation::{ChainingStrategy, JobSettings, StreamExchangeMode};
use crate::base::ids::{OperatorId, TransformationId};
use crate::base::ordered::SortedMap;

pub use generator::{generate, outputs_at_end_only, sorts_stream};

/// An edge's place in [`StreamGraph::edges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EdgeIdx(pub u32);

impl EdgeIdx {
    /// The place as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct StreamGraph {
    pub job_name: Rc<str>,
    pub settings: JobSettings,
    /// Whether it runs stage after stage.
    pub is_batch: bool,
    pub nodes: SortedMap<TransformationId, StreamNode>,
    /// In the order in which they were made.
    pub edges: Vec<StreamEdge>,
    /// Ascending.
    pub sources: Vec<TransformationId>,
    pub sinks: Vec<TransformationId>,
}

/// An operator.
#[derive(Clone, Debug)]
pub struct StreamNode {
    pub id: TransformationId,
    /// The transformation that it was made of, which errors speak about: another one for the writer of
    /// `sinkTo`, whose id no call of the job made.
    pub transformation: TransformationId,
    pub name: Rc<str>,
    /// What `setDescription` or the API says; else the name.
    pub description: Rc<str>,
    pub operator: OperatorSpec,
    /// The key of each input's records, where the operator is keyed.
    pub keys: Vec<Option<KeySelector>>,
    pub parallelism: u32,
    pub max_parallelism: Option<u32>,
    pub slot_sharing_group: Rc<str>,
    pub co_location_group: Option<Rc<str>>,
    pub chaining_strategy: ChainingStrategy,
    /// ms; see `JobSettings::buffer_timeout_ms`.
    pub buffer_timeout_ms: i64,
    pub uid: Option<Rc<str>>,
    pub uid_hash: Option<OperatorId>,
    pub in_edges: Vec<EdgeIdx>,
    pub out_edges: Vec<EdgeIdx>,
}

/// An edge between two operators.
#[derive(Clone, Debug)]
pub struct StreamEdge {
    pub source: TransformationId,
    pub target: TransformationId,
    /// Which input of the target: 0 for the only one, else counted from 1.
    pub type_number: u32,
    pub partitioner: Partitioner,
    /// Only records with this side output's tag.
    pub output_tag: Option<Rc<str>>,
    pub exchange_mode: StreamExchangeMode,
    /// How many edges there were already between the two.
    pub unique_id: u32,
    /// Whether unaligned checkpoints may leave its records in flight.
    pub supports_unaligned_checkpoints: bool,
}

impl StreamEdge {
    /// The input of the target as an index.
    pub const fn input(&self) -> u8 {
        self.type_number.saturating_sub(1) as u8
    }
}

impl StreamGraph {
    /// A node that is known to be there.
    pub fn node(&self, id: TransformationId) -> &StreamNode {
        &self.nodes[&id]
    }

    /// An edge.
    pub fn edge(&self, edge: EdgeIdx) -> &StreamEdge {
        &self.edges[edge.index()]
    }

    /// Flink's name of an edge, from which the id of its data set is made. Flink: `StreamEdge#toString`.
    pub fn edge_id(&self, edge: EdgeIdx) -> String {
        let edge = self.edge(edge);
        let node = |id| format!("{}-{}", self.node(id).name, self.node(id).id);
        format!(
            "{}_{}_{}_{}_{}",
            node(edge.source),
            node(edge.target),
            edge.type_number,
            edge.partitioner.name(),
            edge.unique_id
        )
    }
}
