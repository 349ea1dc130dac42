//! The streaming plan: what `getStreamingPlanAsJSON()` and `env.getExecutionPlan()` tell of a StreamGraph.
//!
//! Flink: `JSONGenerator`.

use std::rc::Rc;

use super::StreamGraph;
use crate::base::ids::TransformationId;
use crate::base::sort::sort_few_by_key;

/// A node of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanNode {
    pub id: TransformationId,
    /// The operator's name; Flink calls it the type.
    pub name: Rc<str>,
    pub pact: Pact,
    pub parallelism: u32,
    pub predecessors: Vec<Predecessor>,
}

/// What kind of node it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pact {
    Source,
    Operator,
    Sink,
}

impl Pact {
    /// Flink's words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Source => "Data Source",
            Self::Operator => "Operator",
            Self::Sink => "Data Sink",
        }
    }
}

/// An edge, from its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predecessor {
    pub id: TransformationId,
    pub ship_strategy: &'static str,
}

/// The side that Flink writes for every predecessor: it asks for the first too late.
pub const SIDE: &str = "second";

/// The nodes in the plan's order: sinks after all others, else by id.
pub fn streaming_plan(graph: &StreamGraph) -> Vec<PlanNode> {
    let mut ids: Vec<TransformationId> = graph.nodes.keys().copied().collect();
    sort_few_by_key(&mut ids, |id| (graph.sinks.contains(id), *id));
    ids.into_iter()
        .map(|id| {
            let node = graph.node(id);
            let pact = if graph.sources.contains(&id) {
                Pact::Source
            } else if graph.sinks.contains(&id) {
                Pact::Sink
            } else {
                Pact::Operator
            };
            let predecessors = node
                .in_edges
                .iter()
                .map(|&edge| graph.edge(edge))
                .map(|edge| Predecessor { id: edge.source, ship_strategy: edge.partitioner.name() });
            PlanNode {
                id,
                name: Rc::clone(&node.name),
                pact,
                parallelism: node.parallelism,
                predecessors: predecessors.collect(),
            }
        })
        .collect()
}
