//! The three graphs as JavaScript sees them: the protocol's `Graphs`, whose first three parts have the form in
//! which the real Flink's graphs are recorded.

use serde::Serialize;
use weir_engine::base::ids::VertexIdx;
use weir_engine::base::ordered::{SortedMap, set_of};
use weir_engine::graph::compiled::CompiledJob;
use weir_engine::graph::execution_graph::{ExecutionEdge, pipelined_regions};
use weir_engine::graph::job_graph::chaining::reasons_against;
use weir_engine::graph::job_graph::{JobEdge, JobGraph, SubtaskStateMapper};
use weir_engine::graph::operator_spec::Partitioner;
use weir_engine::graph::stream_graph::plan::{PlanNode, SIDE, streaming_plan};
use weir_engine::graph::stream_graph::{EdgeIdx, StreamGraph, StreamNode};

/// `Graphs` of the protocol.
#[derive(Serialize)]
pub struct Graphs {
    #[serde(rename = "jobName")]
    job_name: String,
    stream_graph: StreamGraphView,
    job_graph: JobGraphView,
    execution_graph: ExecutionGraphView,
    lab: LabView,
}

#[derive(Serialize)]
struct StreamGraphView {
    plan: PlanView,
    nodes: Vec<NodeView>,
}

#[derive(Serialize)]
struct PlanView {
    nodes: Vec<PlanNodeView>,
}

#[derive(Serialize)]
struct PlanNodeView {
    id: u32,
    #[serde(rename = "type")]
    name: String,
    pact: &'static str,
    parallelism: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    predecessors: Vec<PredecessorView>,
}

#[derive(Serialize)]
struct PredecessorView {
    id: u32,
    ship_strategy: &'static str,
    side: &'static str,
}

#[derive(Serialize)]
struct NodeView {
    id: u32,
    name: String,
    parallelism: u32,
    max_parallelism: i64,
    slot_sharing_group: String,
    chaining_strategy: &'static str,
    buffer_timeout: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    out_edges: Vec<StreamEdgeView>,
}

#[derive(Serialize)]
struct StreamEdgeView {
    target: u32,
    type_number: u32,
    partitioner: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tag: Option<String>,
    exchange_mode: &'static str,
}

#[derive(Serialize)]
struct JobGraphView {
    vertices: Vec<VertexView>,
}

#[derive(Serialize)]
struct VertexView {
    id: String,
    name: String,
    parallelism: u32,
    max_parallelism: i64,
    invokable: &'static str,
    slot_sharing_group: String,
    operator_ids: Vec<String>,
    inputs: Vec<InputView>,
}

#[derive(Serialize)]
struct InputView {
    source: String,
    distribution: &'static str,
    ship_strategy: &'static str,
    result_type: &'static str,
    broadcast: bool,
    upstream_state_mapper: &'static str,
    downstream_state_mapper: &'static str,
}

#[derive(Serialize)]
struct ExecutionGraphView {
    edges: Vec<ExecutionEdgeView>,
    pipelined_regions: Vec<Vec<String>>,
}

#[derive(Serialize)]
struct ExecutionEdgeView {
    source: String,
    target: String,
    consumers: Vec<ConsumerView>,
}

#[derive(Serialize)]
struct ConsumerView {
    subtask: u32,
    reads: [ReadView; 1],
}

#[derive(Serialize)]
struct ReadView {
    first_producer: u32,
    last_producer: u32,
    first_subpartition: u32,
    last_subpartition: u32,
}

#[derive(Serialize)]
struct LabView {
    nodes: Vec<LabNode>,
    chaining: Vec<ChainingView>,
}

#[derive(Serialize)]
struct LabNode {
    id: u32,
    /// The call of the API that made it: the page knows its line.
    transformation: u32,
    operator_id: String,
    vertex: String,
}

#[derive(Serialize)]
struct ChainingView {
    source: u32,
    target: u32,
    chained: bool,
    reasons: Vec<String>,
}

/// The graphs of a job.
pub fn view(job: &CompiledJob) -> Graphs {
    let graph = &job.stream_graph;
    Graphs {
        job_name: graph.job_name.to_string(),
        stream_graph: StreamGraphView {
            plan: PlanView { nodes: streaming_plan(graph).iter().map(plan_node).collect() },
            nodes: graph.nodes.values().map(|node| stream_node(graph, node)).collect(),
        },
        job_graph: JobGraphView {
            vertices: (0..job.job_graph.vertices.len()).map(|place| vertex(&job.job_graph, place)).collect(),
        },
        execution_graph: ExecutionGraphView { edges: execution_edges(job), pipelined_regions: regions(job) },
        lab: LabView { nodes: lab_nodes(job), chaining: chaining(graph) },
    }
}

fn plan_node(node: &PlanNode) -> PlanNodeView {
    PlanNodeView {
        id: node.id.0,
        name: node.name.to_string(),
        pact: node.pact.name(),
        parallelism: node.parallelism,
        predecessors: node
            .predecessors
            .iter()
            .map(|p| PredecessorView { id: p.id.0, ship_strategy: p.ship_strategy, side: SIDE })
            .collect(),
    }
}

fn stream_node(graph: &StreamGraph, node: &StreamNode) -> NodeView {
    let edge = |&edge: &EdgeIdx| {
        let edge = graph.edge(edge);
        StreamEdgeView {
            target: edge.target.0,
            type_number: edge.type_number,
            partitioner: edge.partitioner.name(),
            output_tag: edge.output_tag.as_deref().map(str::to_owned),
            exchange_mode: edge.exchange_mode.name(),
        }
    };
    NodeView {
        id: node.id.0,
        name: node.name.to_string(),
        parallelism: node.parallelism,
        max_parallelism: node.max_parallelism.map_or(-1, i64::from),
        slot_sharing_group: node.slot_sharing_group.to_string(),
        chaining_strategy: node.chaining_strategy.name(),
        buffer_timeout: node.buffer_timeout_ms as f64,
        uid: node.uid.as_deref().map(str::to_owned),
        out_edges: node.out_edges.iter().map(edge).collect(),
    }
}

fn vertex(graph: &JobGraph, place: usize) -> VertexView {
    let vertex = &graph.vertices[place];
    VertexView {
        id: vertex.id.to_string(),
        name: vertex.name.to_string(),
        parallelism: vertex.parallelism,
        max_parallelism: vertex.max_parallelism.map_or(-1, i64::from),
        invokable: vertex.invokable.name(),
        slot_sharing_group: vertex.slot_sharing_group.to_string(),
        operator_ids: vertex.operator_ids.iter().map(ToString::to_string).collect(),
        inputs: vertex.inputs.iter().map(|&edge| input(graph, &graph.edges[edge as usize])).collect(),
    }
}

fn input(graph: &JobGraph, edge: &JobEdge) -> InputView {
    InputView {
        source: id_of(graph, edge.source),
        distribution: if edge.partitioner.is_pointwise() { "POINTWISE" } else { "ALL_TO_ALL" },
        ship_strategy: edge.partitioner.name(),
        result_type: edge.result_type.name(),
        broadcast: edge.partitioner == Partitioner::Broadcast,
        upstream_state_mapper: SubtaskStateMapper::upstream_of(&edge.partitioner).name(),
        downstream_state_mapper: SubtaskStateMapper::downstream_of(&edge.partitioner).name(),
    }
}

/// Consumer by consumer in topological order, gate by gate.
fn execution_edges(job: &CompiledJob) -> Vec<ExecutionEdgeView> {
    let inputs = job.job_graph.vertices.iter().flat_map(|vertex| &vertex.inputs);
    inputs.map(|&edge| execution_edge(&job.job_graph, &job.execution_graph.edges[edge as usize])).collect()
}

fn execution_edge(graph: &JobGraph, edge: &ExecutionEdge) -> ExecutionEdgeView {
    let consumers = (0..).zip(&edge.consumers).map(|(subtask, range)| ConsumerView {
        subtask,
        reads: [ReadView {
            first_producer: range.producer_first,
            last_producer: range.producer_last,
            first_subpartition: range.subpartition_first,
            last_subpartition: range.subpartition_last,
        }],
    });
    ExecutionEdgeView {
        source: id_of(graph, edge.source),
        target: id_of(graph, edge.target),
        consumers: consumers.collect(),
    }
}

/// The vertices of each region, both levels sorted.
fn regions(job: &CompiledJob) -> Vec<Vec<String>> {
    let names = |region: Vec<(VertexIdx, u32)>| {
        set_of(region.into_iter().map(|(vertex, _)| id_of(&job.job_graph, vertex))).into_iter().collect()
    };
    let regions = pipelined_regions(&job.job_graph, &job.execution_graph);
    set_of(regions.into_iter().map(names)).into_iter().collect()
}

fn id_of(graph: &JobGraph, vertex: VertexIdx) -> String {
    graph.vertices[vertex.index()].id.to_string()
}

fn lab_nodes(job: &CompiledJob) -> Vec<LabNode> {
    let mut nodes = SortedMap::new();
    for vertex in &job.job_graph.vertices {
        for operator in &vertex.operators {
            let id = operator.node.0;
            let transformation = job.stream_graph.node(operator.node).transformation.0;
            let (operator_id, vertex) = (operator.id.to_string(), vertex.id.to_string());
            let node = LabNode { id, transformation, operator_id, vertex };
            nodes.insert(id, node);
        }
    }
    nodes.into_values().collect()
}

fn chaining(graph: &StreamGraph) -> Vec<ChainingView> {
    (0..)
        .map(EdgeIdx)
        .zip(&graph.edges)
        .map(|(idx, edge)| {
            let reasons = reasons_against(graph, idx);
            ChainingView {
                source: edge.source.0,
                target: edge.target.0,
                chained: reasons.is_empty(),
                reasons,
            }
        })
        .collect()
}
