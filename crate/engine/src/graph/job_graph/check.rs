//! What Flink refuses when it makes the JobGraph or submits it.

use super::generator::result_type;
use crate::base::limits::MAX_PARALLELISM_MAX;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{OperatorSpec, Partitioner};
use crate::graph::stream_graph::{EdgeIdx, StreamGraph, StreamNode};
use crate::graph::watermark_strategy::WatermarkStrategy;

/// A vertex has the parallelisms of its head; those of the operators chained to it do not count. Flink:
/// the constructor of `ExecutionJobVertex`.
pub(super) fn check_parallelism(head: &StreamNode) -> Result<(), ApiError> {
    let max_parallelism = head.max_parallelism.unwrap_or(MAX_PARALLELISM_MAX);
    if head.parallelism <= max_parallelism {
        return Ok(());
    }
    Err(ApiError::about(
        &[head.transformation],
        format!(
            "The parallelism of {} ({}) is higher than its max parallelism ({max_parallelism}). Lower the \
             parallelism or raise the max parallelism.",
            head.name, head.parallelism
        ),
    ))
}

/// Vertices that are to share slots are of one slot sharing group. Flink: `StreamingJobGraphGenerator#setCoLocation`.
pub(super) fn check_co_location(heads: &[&StreamNode]) -> Result<(), ApiError> {
    for head in heads.iter().filter(|head| head.co_location_group.is_some()) {
        let is_apart = |other: &&&StreamNode| {
            other.co_location_group == head.co_location_group
                && other.slot_sharing_group != head.slot_sharing_group
        };
        if let Some(other) = heads.iter().find(is_apart) {
            return Err(ApiError::about(
                &[head.transformation, other.transformation],
                "Cannot co-locate operators from different slot sharing groups. Give them the same slotSharingGroup.",
            ));
        }
    }
    Ok(())
}

/// Flink: the constructor of `OperatorIDPair`.
pub(super) fn check_names(graph: &StreamGraph) -> Result<(), ApiError> {
    match graph.nodes.values().find(|node| node.name.is_empty()) {
        None => Ok(()),
        Some(node) => Err(ApiError::about(
            &[node.transformation],
            "The name of an operator is empty. Give name(..) a text, or leave it out.",
        )),
    }
}

/// In Flink it has no effect behind a source, which its documentation says; here it is an error.
pub(super) fn check_alignment(node: &StreamNode) -> Result<(), ApiError> {
    match &node.operator {
        OperatorSpec::TimestampsAndWatermarks(WatermarkStrategy { alignment: Some(_), .. }) => {
            Err(ApiError::about(
                &[node.transformation],
                "Watermark alignment does not work if applied after the source via \
                 assignTimestampsAndWatermarks. Give the strategy to fromSource.",
            ))
        }
        _ => Ok(()),
    }
}

/// A result that is read after its end is never flushed before. Flink: `checkAndResetBufferTimeout`.
pub(super) fn check_buffer_timeout(graph: &StreamGraph, edge: EdgeIdx) -> Result<(), ApiError> {
    let source = graph.node(graph.edge(edge).source);
    if !graph.is_batch || !result_type(graph, edge).is_blocking() || source.buffer_timeout_ms == -1 {
        return Ok(());
    }
    Err(ApiError::about(
        &[source.transformation],
        format!(
            "{} sets a buffer timeout of {} ms, but in batch mode its results are read after its end. Leave \
             setBufferTimeout out.",
            source.name, source.buffer_timeout_ms
        ),
    ))
}

/// Flink: `StreamingJobGraphGenerator#preValidate`, `CheckpointConfig`.
pub(super) fn check_unaligned_checkpoints(graph: &StreamGraph) -> Result<(), ApiError> {
    let checkpoint = &graph.settings.checkpoint;
    if !checkpoint.is_enabled() || !checkpoint.is_unaligned() {
        return Ok(());
    }
    if checkpoint.concurrent_max > 1 {
        return Err(ApiError::new(
            "Unaligned checkpoints work one at a time. Set the number of concurrent checkpoints to 1, or \
             leave enableUnalignedCheckpoints out.",
        ));
    }
    if checkpoint.unaligned_forced {
        return Ok(());
    }
    let custom = graph.edges.iter().find(|edge| matches!(edge.partitioner, Partitioner::Custom { .. }));
    match custom {
        None => Ok(()),
        Some(edge) => Err(ApiError::about(
            &[graph.node(edge.target).transformation, graph.node(edge.source).transformation],
            "Unaligned checkpoints do not work with partitionCustom, because records in flight could not \
             be sent anew after a rescaling. Leave enableUnalignedCheckpoints out, or partition otherwise.",
        )),
    }
}
