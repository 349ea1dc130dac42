//! The three graphs as JavaScript sees them: the protocol's `Graphs`, whose first three parts have the form in
//! which the real Flink's graphs are recorded.

use wasm_bindgen::JsValue;
use weir_engine::base::ids::VertexIdx;
use weir_engine::base::ordered::{SortedSet, set_of};
use weir_engine::base::sort::sort_by_key;
use weir_engine::graph::compiled::CompiledJob;
use weir_engine::graph::execution_graph::{ExecutionEdge, pipelined_regions};
use weir_engine::graph::job_graph::chaining::reasons_against;
use weir_engine::graph::job_graph::{JobEdge, JobGraph, SubtaskStateMapper};
use weir_engine::graph::operator_spec::Partitioner;
use weir_engine::graph::stream_graph::plan::{PlanNode, SIDE, streaming_plan};
use weir_engine::graph::stream_graph::{EdgeIdx, StreamGraph, StreamNode};

use crate::object::{Fields, list};

/// `Graphs` of the protocol.
pub fn view(job: &CompiledJob) -> JsValue {
    let graph = &job.stream_graph;
    let plan = Fields::new().list("nodes", &streaming_plan(graph), plan_node).done();
    let stream_graph = Fields::new().put("plan", plan);
    let stream_graph = stream_graph.list("nodes", graph.nodes.values(), |node| stream_node(graph, node));
    let job_graph = Fields::new()
        .list("vertices", 0..job.job_graph.vertices.len(), |place| vertex(&job.job_graph, place));
    Fields::new()
        .text("jobName", &graph.job_name)
        .put("stream_graph", stream_graph.done())
        .put("job_graph", job_graph.done())
        .put("execution_graph", execution_graph(job))
        .put("lab", Fields::new().put("nodes", lab_nodes(job)).put("chaining", chaining(graph)).done())
        .done()
}

fn plan_node(node: &PlanNode) -> JsValue {
    let mut fields = Fields::new()
        .count("id", node.id.0)
        .text("type", &node.name)
        .text("pact", node.pact.name())
        .count("parallelism", node.parallelism);
    if !node.predecessors.is_empty() {
        fields = fields.list("predecessors", &node.predecessors, |predecessor| {
            Fields::new()
                .count("id", predecessor.id.0)
                .text("ship_strategy", predecessor.ship_strategy)
                .text("side", SIDE)
                .done()
        });
    }
    fields.done()
}

fn stream_node(graph: &StreamGraph, node: &StreamNode) -> JsValue {
    let mut fields = Fields::new()
        .count("id", node.id.0)
        .text("name", &node.name)
        .count("parallelism", node.parallelism)
        .float("max_parallelism", node.max_parallelism.map_or(-1.0, f64::from))
        .text("slot_sharing_group", &node.slot_sharing_group)
        .text("chaining_strategy", node.chaining_strategy.name())
        .float("buffer_timeout", node.buffer_timeout_ms as f64);
    if let Some(uid) = &node.uid {
        fields = fields.text("uid", uid);
    }
    fields.list("out_edges", &node.out_edges, |&edge| stream_edge(graph, edge)).done()
}

fn stream_edge(graph: &StreamGraph, edge: EdgeIdx) -> JsValue {
    let edge = graph.edge(edge);
    let mut fields = Fields::new()
        .count("target", edge.target.0)
        .count("type_number", edge.type_number)
        .text("partitioner", edge.partitioner.name());
    if let Some(tag) = &edge.output_tag {
        fields = fields.text("output_tag", tag);
    }
    fields.text("exchange_mode", edge.exchange_mode.name()).done()
}

fn vertex(graph: &JobGraph, place: usize) -> JsValue {
    let vertex = &graph.vertices[place];
    Fields::new()
        .shown("id", &vertex.id)
        .text("name", &vertex.name)
        .count("parallelism", vertex.parallelism)
        .float("max_parallelism", vertex.max_parallelism.map_or(-1.0, f64::from))
        .text("invokable", vertex.invokable.name())
        .text("slot_sharing_group", &vertex.slot_sharing_group)
        .list("operator_ids", &vertex.operator_ids, |id| JsValue::from_str(&id.to_string()))
        .list("inputs", &vertex.inputs, |&edge| input(graph, &graph.edges[edge as usize]))
        .done()
}

fn input(graph: &JobGraph, edge: &JobEdge) -> JsValue {
    Fields::new()
        .text("source", &id_of(graph, edge.source))
        .text("distribution", if edge.partitioner.is_pointwise() { "POINTWISE" } else { "ALL_TO_ALL" })
        .text("ship_strategy", edge.partitioner.name())
        .text("result_type", edge.result_type.name())
        .flag("broadcast", edge.partitioner == Partitioner::Broadcast)
        .text("upstream_state_mapper", SubtaskStateMapper::upstream_of(&edge.partitioner).name())
        .text("downstream_state_mapper", SubtaskStateMapper::downstream_of(&edge.partitioner).name())
        .done()
}

/// Edges consumer by consumer in topological order, gate by gate.
fn execution_graph(job: &CompiledJob) -> JsValue {
    let inputs = job.job_graph.vertices.iter().flat_map(|vertex| &vertex.inputs);
    Fields::new()
        .list("edges", inputs, |&edge| {
            execution_edge(&job.job_graph, &job.execution_graph.edges[edge as usize])
        })
        .list("pipelined_regions", &regions(job), |region| list(region, |id| JsValue::from_str(id)))
        .done()
}

fn execution_edge(graph: &JobGraph, edge: &ExecutionEdge) -> JsValue {
    Fields::new()
        .text("source", &id_of(graph, edge.source))
        .text("target", &id_of(graph, edge.target))
        .list("consumers", (0..).zip(&edge.consumers), |(subtask, range)| {
            let read = Fields::new()
                .count("first_producer", range.producer_first)
                .count("last_producer", range.producer_last)
                .count("first_subpartition", range.subpartition_first)
                .count("last_subpartition", range.subpartition_last)
                .done();
            Fields::new().count("subtask", subtask).list("reads", Some(read), |read| read).done()
        })
        .done()
}

/// The vertices of each region, both levels sorted.
fn regions(job: &CompiledJob) -> SortedSet<Vec<String>> {
    let names = |region: Vec<(VertexIdx, u32)>| {
        set_of(region.into_iter().map(|(vertex, _)| id_of(&job.job_graph, vertex))).into_iter().collect()
    };
    let regions = pipelined_regions(&job.job_graph, &job.execution_graph);
    set_of(regions.into_iter().map(names))
}

fn id_of(graph: &JobGraph, vertex: VertexIdx) -> String {
    graph.vertices[vertex.index()].id.to_string()
}

/// By their ids, each with the call of the API that made it: the page knows its line.
fn lab_nodes(job: &CompiledJob) -> JsValue {
    let vertices = job.job_graph.vertices.iter();
    let mut nodes: Vec<_> =
        vertices.flat_map(|vertex| vertex.operators.iter().map(move |operator| (vertex, operator))).collect();
    sort_by_key(&mut nodes, |(_, operator)| operator.node);
    list(nodes, |(vertex, operator)| {
        Fields::new()
            .count("id", operator.node.0)
            .count("transformation", job.stream_graph.node(operator.node).transformation.0)
            .shown("operator_id", &operator.id)
            .shown("vertex", &vertex.id)
            .done()
    })
}

fn chaining(graph: &StreamGraph) -> JsValue {
    list((0..).map(EdgeIdx).zip(&graph.edges), |(idx, edge)| {
        let reasons = reasons_against(graph, idx);
        Fields::new()
            .count("source", edge.source.0)
            .count("target", edge.target.0)
            .flag("chained", reasons.is_empty())
            .list("reasons", &reasons, |reason| JsValue::from_str(reason))
            .done()
    })
}
