//! From the StreamGraph to the JobGraph: chains, vertices, edges.
//!
//! Contract: vertices and edges are made in Flink's order, since the order of gates and partitions follows
//! from it. Flink: `StreamingJobGraphGenerator`.

use std::rc::Rc;

use super::chaining::is_chainable;
use super::check::{
    check_alignment, check_buffer_timeout, check_co_location, check_names, check_parallelism,
    check_unaligned_checkpoints,
};
use super::hasher::operator_ids;
use super::{
    ChainedOperator, IntermediateDataSetId, Invokable, JobEdge, JobGraph, JobType, JobVertex, OperatorOutput,
    OutputTarget,
};
use crate::base::ids::{OperatorId, TransformationId, VertexIdx};
use crate::base::ordered::{SortedMap, map_of};
use crate::graph::error::ApiError;
use crate::graph::stream_graph::{EdgeIdx, StreamGraph, StreamNode, outputs_at_end_only};
use crate::graph::transformation::StreamExchangeMode;
use crate::network::partition_type::ResultPartitionType;
use crate::record::{Value, java_hash};

/// The JobGraph of a StreamGraph, or why Flink would reject it.
pub fn generate(graph: &StreamGraph) -> Result<JobGraph, ApiError> {
    check_unaligned_checkpoints(graph)?;
    check_names(graph)?;
    let ids = operator_ids(graph);
    let mut builder = ChainBuilder { graph, chains: Vec::new(), names: SortedMap::new() };
    for &source in &graph.sources {
        builder.build_from(source);
    }
    let chains = builder.chains;
    for chain in &chains {
        check_parallelism(graph.node(chain.head))?;
        chain.nodes.iter().try_for_each(|&node| check_alignment(graph.node(node)))?;
        for &edge in &chain.out_edges {
            check_buffer_timeout(graph, edge)?;
        }
    }
    check_co_location(&chains.iter().map(|chain| graph.node(chain.head)).collect::<Vec<_>>())?;
    let connections = connections(graph, &chains);
    let order = topological_order(graph, chains.len(), &connections);
    let place_of = map_of(order.iter().copied().zip((0..).map(VertexIdx)));
    // The n-th edge that leaves a chain begins at the n-th partition of its tasks.
    let partition_of = map_of(chains.iter().flat_map(|chain| chain.out_edges.iter().copied().zip(0_u32..)));
    let mut vertices: Vec<JobVertex> =
        order.iter().map(|&chain| vertex(graph, &chains[chain], &ids, &partition_of)).collect();
    let mut edges = Vec::new();
    for (number, connection) in (0..).zip(&connections) {
        let (source, target) = (place_of[&connection.from], place_of[&connection.to]);
        vertices[source.index()].outputs.push(number);
        vertices[target.index()].inputs.push(number);
        edges.push(job_edge(graph, connection.edge, source, target, vertices[source.index()].id));
    }
    Ok(JobGraph {
        job_name: Rc::clone(&graph.job_name),
        job_type: if graph.is_batch { JobType::Batch } else { JobType::Streaming },
        vertices,
        edges,
        checkpoint: graph.settings.checkpoint.clone(),
        restart: graph.settings.restart.clone(),
        time: graph.settings.time.of_job(graph.is_batch),
    })
}

/// A chain as it is built.
struct Chain {
    head: TransformationId,
    name: Rc<str>,
    /// Each before those that it is chained to.
    nodes: Vec<TransformationId>,
    /// Each after those that it is chained to.
    post_order: Vec<TransformationId>,
    /// The edges that leave the chain.
    out_edges: Vec<EdgeIdx>,
}

struct ChainBuilder<'a> {
    graph: &'a StreamGraph,
    /// In the order in which Flink makes their vertices: downstream ones first.
    chains: Vec<Chain>,
    /// The chained name from a node on.
    names: SortedMap<TransformationId, String>,
}

impl ChainBuilder<'_> {
    fn build_from(&mut self, head: TransformationId) {
        if self.chains.iter().any(|chain| chain.head == head) {
            return;
        }
        let (mut nodes, mut post_order) = (Vec::new(), Vec::new());
        let out_edges = self.extend(head, &mut nodes, &mut post_order);
        let name = self.names[&head].as_str().into();
        self.chains.push(Chain { head, name, nodes, post_order, out_edges });
    }

    /// Flink: `StreamingJobGraphGenerator#createChain`.
    fn extend(
        &mut self,
        node: TransformationId,
        nodes: &mut Vec<TransformationId>,
        post_order: &mut Vec<TransformationId>,
    ) -> Vec<EdgeIdx> {
        nodes.push(node);
        let graph = self.graph;
        let (chained, others): (Vec<EdgeIdx>, Vec<EdgeIdx>) =
            graph.node(node).out_edges.iter().partition(|&&edge| is_chainable(graph, edge));
        let mut out_edges = Vec::new();
        for &edge in &chained {
            out_edges.extend(self.extend(graph.edge(edge).target, nodes, post_order));
        }
        for &edge in &others {
            out_edges.push(edge);
            self.build_from(graph.edge(edge).target);
        }
        self.names.insert(node, self.chained_name(node, &chained));
        post_order.push(node);
        out_edges
    }

    /// Flink: `StreamingJobGraphGenerator#createChainedName`.
    fn chained_name(&self, node: TransformationId, chained: &[EdgeIdx]) -> String {
        let name = &self.graph.node(node).name;
        let names: Vec<&str> =
            chained.iter().map(|&edge| self.names[&self.graph.edge(edge).target].as_str()).collect();
        match names.as_slice() {
            [] => name.to_string(),
            [one] => format!("{name} -> {one}"),
            several => format!("{name} -> ({})", several.join(", ")),
        }
    }
}

/// An edge that leaves a chain, and the chains at its ends.
struct Connection {
    from: usize,
    to: usize,
    edge: EdgeIdx,
}

/// Chain by chain, in the order in which they were made.
fn connections(graph: &StreamGraph, chains: &[Chain]) -> Vec<Connection> {
    let chain_of = |head: TransformationId| {
        chains
            .iter()
            .position(|chain| chain.head == head)
            .expect("an edge that is not chained leads to a head")
    };
    let leaving = |(from, chain): (usize, &Chain)| {
        chain
            .out_edges
            .iter()
            .map(|&edge| Connection { from, to: chain_of(graph.edge(edge).target), edge })
            .collect::<Vec<_>>()
    };
    chains.iter().enumerate().flat_map(leaving).collect()
}

/// Flink: `JobGraph#getVerticesSortedTopologicallyFromSources`: depth first, as soon as no other producer of
/// a vertex is missing.
fn topological_order(graph: &StreamGraph, chain_count: usize, connections: &[Connection]) -> Vec<usize> {
    let has_inputs = |chain: usize| connections.iter().any(|connection| connection.to == chain);
    let mut order: Vec<usize> = (0..chain_count).filter(|&chain| !has_inputs(chain)).collect();
    let mut at = 0;
    while at < order.len() {
        append_consumers(graph, order[at], connections, &mut order);
        at += 1;
    }
    assert!(order.len() == chain_count, "the graph has no cycle");
    order
}

fn append_consumers(
    graph: &StreamGraph,
    producer: usize,
    connections: &[Connection],
    order: &mut Vec<usize>,
) {
    let mut rest: Vec<&Connection> =
        connections.iter().filter(|connection| connection.from == producer).collect();
    // Data set after data set, each with all who read it.
    while let Some(first) = rest.first().map(|connection| connection.edge) {
        let (readers, others): (Vec<&Connection>, Vec<&Connection>) =
            rest.into_iter().partition(|one| one.edge == first || shares_data_set(graph, first, one.edge));
        rest = others;
        for consumer in readers.into_iter().map(|connection| connection.to) {
            let is_missing_a_producer =
                connections.iter().any(|other| other.to == consumer && !order.contains(&other.from));
            if !is_missing_a_producer && !order.contains(&consumer) {
                order.push(consumer);
                append_consumers(graph, consumer, connections, order);
            }
        }
    }
}

/// Whether Flink writes one result for both edges. Ours are two all the same, and the order in which it finds
/// their consumers is kept. Flink: `StreamingJobGraphGenerator#createOrReuseOutput`.
fn shares_data_set(graph: &StreamGraph, one: EdgeIdx, other: EdgeIdx) -> bool {
    let is_blocking = |edge| result_type(graph, edge).is_blocking();
    if !is_blocking(one) || !is_blocking(other) {
        return false;
    }
    let (one, other) = (graph.edge(one), graph.edge(other));
    let (first, second) = (graph.node(one.target), graph.node(other.target));
    one.source == other.source
        && one.output_tag == other.output_tag
        && one.partitioner == other.partitioner
        && first.parallelism == second.parallelism
        && first.max_parallelism == second.max_parallelism
}

fn vertex(
    graph: &StreamGraph,
    chain: &Chain,
    ids: &SortedMap<TransformationId, OperatorId>,
    partition_of: &SortedMap<EdgeIdx, u32>,
) -> JobVertex {
    let head = graph.node(chain.head);
    let output = |&edge: &EdgeIdx| {
        let stream_edge = graph.edge(edge);
        let target = if let Some(&partition) = partition_of.get(&edge) {
            OutputTarget::Partition(partition)
        } else {
            let place = chain.nodes.iter().position(|&node| node == stream_edge.target);
            let operator = place.expect("an edge leads into the chain or out of it") as u32;
            OutputTarget::Chained { operator, input: stream_edge.input() }
        };
        OperatorOutput { tag: stream_edge.output_tag.clone(), target }
    };
    let operator = |&id: &TransformationId| {
        let node = graph.node(id);
        let (chained, others): (Vec<EdgeIdx>, Vec<EdgeIdx>) =
            node.out_edges.iter().partition(|edge| !partition_of.contains_key(edge));
        ChainedOperator {
            node: id,
            transformation: node.transformation,
            id: ids[&id],
            user_defined_id: node.uid_hash,
            name: Rc::clone(&node.name),
            operator: node.operator.clone(),
            keys: node.keys.clone(),
            outputs: others.iter().chain(&chained).map(output).collect(),
        }
    };
    JobVertex {
        id: ids[&chain.head],
        name: Rc::clone(&chain.name),
        parallelism: head.parallelism,
        max_parallelism: head.max_parallelism,
        slot_sharing_group: Rc::clone(&head.slot_sharing_group),
        co_location_group: head.co_location_group.clone(),
        invokable: invokable(graph, head),
        operators: chain.nodes.iter().map(operator).collect(),
        operator_ids: chain.post_order.iter().map(|node| ids[node]).collect(),
        inputs: Vec::new(),
        outputs: Vec::new(),
    }
}

fn invokable(graph: &StreamGraph, head: &StreamNode) -> Invokable {
    let is_two_input = head.in_edges.iter().any(|&edge| graph.edge(edge).type_number > 0);
    if head.in_edges.is_empty() {
        Invokable::SourceOperatorStreamTask
    } else if is_two_input {
        Invokable::TwoInputStreamTask
    } else {
        Invokable::OneInputStreamTask
    }
}

fn job_edge(
    graph: &StreamGraph,
    edge: EdgeIdx,
    source: VertexIdx,
    target: VertexIdx,
    producer: OperatorId,
) -> JobEdge {
    let stream_edge = graph.edge(edge);
    let (up, down) = (graph.node(stream_edge.source), graph.node(stream_edge.target));
    JobEdge {
        source,
        target,
        data_set: data_set_id(producer, &graph.edge_id(edge)),
        partitioner: stream_edge.partitioner.clone(),
        result_type: result_type(graph, edge),
        input: stream_edge.input(),
        buffer_timeout_ms: up.buffer_timeout_ms,
        operators: [Rc::clone(&up.name), Rc::clone(&down.name)],
    }
}

/// Flink: `StreamingJobGraphGenerator#getResultPartitionType`.
pub(super) fn result_type(graph: &StreamGraph, edge: EdgeIdx) -> ResultPartitionType {
    match graph.edge(edge).exchange_mode {
        StreamExchangeMode::Batch => ResultPartitionType::Blocking,
        StreamExchangeMode::Undefined
            if graph.is_batch || is_silent_until_end(graph, graph.edge(edge).source) =>
        {
            ResultPartitionType::Blocking
        }
        _ => ResultPartitionType::PipelinedBounded,
    }
}

/// Whether nothing leaves an operator before its input has ended, as Flink sees it: since it is so, or one before it
/// in the chain, or (as it hands that on to what comes before, too) one after it. Flink:
/// `Attribute#isNoOutputUntilEndOfInput`.
fn is_silent_until_end(graph: &StreamGraph, id: TransformationId) -> bool {
    is_silent_by_inputs(graph, id)
        || graph
            .node(id)
            .out_edges
            .iter()
            .any(|&edge| is_chainable(graph, edge) && is_silent_until_end(graph, graph.edge(edge).target))
}

fn is_silent_by_inputs(graph: &StreamGraph, id: TransformationId) -> bool {
    let node = graph.node(id);
    outputs_at_end_only(&node.operator, &node.keys)
        || matches!(node.in_edges[..], [edge] if is_chainable(graph, edge)
            && is_silent_by_inputs(graph, graph.edge(edge).source))
}

/// Flink: `IntermediateDataSetID(JobVertexID, int)`; the halves of the vertex's id really change places.
fn data_set_id(producer: OperatorId, edge_id: &str) -> IntermediateDataSetId {
    let hash = i64::from(java_hash(&Value::String(edge_id.into())));
    let half = |from: usize| {
        let bytes: [u8; 8] = producer.0[from..from + 8].try_into().expect("an id has two halves of 8 bytes");
        i64::from_be_bytes(bytes)
    };
    let mut id = [0; 16];
    id[..8].copy_from_slice(&half(8).wrapping_add(hash).to_be_bytes());
    id[8..].copy_from_slice(&half(0).wrapping_add(hash).to_be_bytes());
    IntermediateDataSetId(id)
}
