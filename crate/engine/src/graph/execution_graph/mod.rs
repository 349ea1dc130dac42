//! The ExecutionGraph: every vertex as its subtasks, every edge as its channels.
//!
//! Flink: `DefaultExecutionGraph`, `ExecutionJobVertex`, `ExecutionVertex`, `IntermediateResultPartition`,
//! `VertexInputInfoComputationUtils`.

mod regions;
pub mod wiring;

use std::rc::Rc;

use super::job_graph::JobGraph;
use crate::base::ids::VertexIdx;
use crate::state::key_groups::compute_default_max_parallelism;
use wiring::ConsumedRange;

pub use regions::pipelined_regions;

/// See the module. Its vertices stand in the JobGraph's topological order.
#[derive(Clone, Debug)]
pub struct ExecutionGraph {
    pub vertices: Vec<ExecutionJobVertex>,
    /// In the order of `JobGraph::edges`.
    pub edges: Vec<ExecutionEdge>,
}

/// A job vertex with its subtasks.
#[derive(Clone, Debug)]
pub struct ExecutionJobVertex {
    pub parallelism: u32,
    /// As set, else derived from the parallelism: the number of key groups.
    pub max_parallelism: u32,
    pub executions: Vec<ExecutionVertex>,
}

/// A subtask.
#[derive(Clone, Debug)]
pub struct ExecutionVertex {
    pub subtask_idx: u32,
    /// `Flat Map (1/3)`. Flink: `getTaskNameWithSubtaskIndex`.
    pub name: Rc<str>,
    /// Number of its next attempt.
    pub next_attempt: u32,
}

/// An edge as the channels that it consists of.
#[derive(Clone, Debug)]
pub struct ExecutionEdge {
    pub source: VertexIdx,
    pub target: VertexIdx,
    /// What each consumer subtask reads.
    pub consumers: Vec<ConsumedRange>,
    /// How many subpartitions the partition of each producer subtask has.
    pub subpartitions: Vec<u32>,
}

/// The ExecutionGraph of a JobGraph.
pub fn generate(graph: &JobGraph) -> ExecutionGraph {
    let vertices = graph.vertices.iter().map(|vertex| {
        let executions = (0..vertex.parallelism).map(|subtask_idx| ExecutionVertex {
            subtask_idx,
            name: format!("{} ({}/{})", vertex.name, subtask_idx + 1, vertex.parallelism).into(),
            next_attempt: 0,
        });
        ExecutionJobVertex {
            parallelism: vertex.parallelism,
            max_parallelism: vertex
                .max_parallelism
                .unwrap_or_else(|| compute_default_max_parallelism(vertex.parallelism)),
            executions: executions.collect(),
        }
    });
    let edges = graph.edges.iter().map(|edge| {
        let producers = graph.vertices[edge.source.index()].parallelism;
        let consumers = graph.vertices[edge.target.index()].parallelism;
        let consumed = if edge.partitioner.is_pointwise() {
            wiring::pointwise(producers, consumers)
        } else {
            wiring::all_to_all(producers, consumers)
        };
        ExecutionEdge {
            source: edge.source,
            target: edge.target,
            subpartitions: wiring::subpartitions(producers, &consumed),
            consumers: consumed,
        }
    });
    ExecutionGraph { vertices: vertices.collect(), edges: edges.collect() }
}
