//! Which operators run in one task, and why others do not.
//!
//! Flink: `StreamingJobGraphGenerator#isChainable`. No operator of this API chains with its sources
//! (`HEAD_WITH_SOURCES`) and none yields, so the rules for those have nothing to decide.

use crate::graph::operator_spec::Partitioner;
use crate::graph::stream_graph::{EdgeIdx, StreamEdge, StreamGraph};
use crate::graph::transformation::{ChainingStrategy, StreamExchangeMode};

/// Whether the two operators of an edge run in one task.
pub fn is_chainable(graph: &StreamGraph, edge: EdgeIdx) -> bool {
    reasons_against(graph, edge).is_empty()
}

/// Every rule that keeps the two operators of an edge apart, in words; none if they chain.
pub fn reasons_against(graph: &StreamGraph, edge: EdgeIdx) -> Vec<String> {
    let edge = graph.edge(edge);
    let (up, down) = (graph.node(edge.source), graph.node(edge.target));
    let mut reasons = Vec::new();
    if down.in_edges.len() != 1 {
        reasons.push(format!(
            "{} has {} inputs; only an operator with one can be chained.",
            down.name,
            down.in_edges.len()
        ));
    }
    if !graph.settings.chaining {
        reasons.push("Chaining is switched off for the whole job (disableOperatorChaining).".to_owned());
    }
    if up.slot_sharing_group != down.slot_sharing_group {
        reasons.push(format!(
            "They are in different slot sharing groups: {} in \"{}\", {} in \"{}\".",
            up.name, up.slot_sharing_group, down.name, down.slot_sharing_group
        ));
    }
    reasons.extend(strategy_reason(graph, edge));
    if up.parallelism != down.parallelism {
        reasons.push(format!("Their parallelisms differ: {} and {}.", up.parallelism, down.parallelism));
    }
    if !graph.settings.chaining_across_max_parallelism && up.max_parallelism != down.max_parallelism {
        reasons.push("Their max parallelisms differ, and the job does not allow that in a chain.".to_owned());
    }
    if edge.partitioner != Partitioner::Forward {
        reasons.push(format!(
            "Records go from one to the other by {}, and only FORWARD keeps them in the same task.",
            edge.partitioner.name()
        ));
    }
    if edge.exchange_mode == StreamExchangeMode::Batch {
        reasons.push("The exchange between them is a blocking one.".to_owned());
    }
    reasons
}

fn strategy_reason(graph: &StreamGraph, edge: &StreamEdge) -> Option<String> {
    let (up, down) = (graph.node(edge.source), graph.node(edge.target));
    if up.chaining_strategy == ChainingStrategy::Never {
        return Some(format!("{} is not chained to anything (disableChaining).", up.name));
    }
    match down.chaining_strategy {
        ChainingStrategy::Never => {
            Some(format!("{} is not chained to anything (disableChaining).", down.name))
        }
        ChainingStrategy::Head if graph.is_batch => {
            Some(format!("{} begins a chain: in batch mode its input is sorted by key first.", down.name))
        }
        ChainingStrategy::Head => Some(format!("{} begins a new chain (startNewChain).", down.name)),
        ChainingStrategy::Always => None,
    }
}
