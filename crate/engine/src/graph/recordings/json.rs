//! The three graphs in the form in which a real Flink's are recorded.

use serde_json::{Value, json};

use crate::graph::compiled::CompiledJob;
use crate::graph::execution_graph::pipelined_regions;
use crate::graph::job_graph::{JobEdge, JobGraph, JobVertex, SubtaskStateMapper};
use crate::graph::stream_graph::plan::{PlanNode, SIDE, streaming_plan};
use crate::graph::stream_graph::{StreamEdge, StreamGraph, StreamNode};

/// One part of a case file, by its name there.
pub(super) fn part(graphs: &CompiledJob, name: &str) -> Value {
    match name {
        "stream_graph" => {
            let graph = &graphs.stream_graph;
            let plan: Vec<Value> = streaming_plan(graph).iter().map(|node| plan_node(graph, node)).collect();
            let nodes: Vec<Value> = graph.nodes.values().map(|node| stream_node(graph, node)).collect();
            json!({ "plan": { "nodes": plan }, "nodes": nodes })
        }
        "job_graph" => {
            let graph = &graphs.job_graph;
            json!({ "vertices": graph.vertices.iter().map(|it| vertex(graph, it)).collect::<Vec<_>>() })
        }
        _ => execution_graph(graphs),
    }
}

fn max_parallelism(set: Option<u32>) -> i64 {
    set.map_or(-1, i64::from)
}

fn plan_node(graph: &StreamGraph, node: &PlanNode) -> Value {
    let mut object = json!({
        "id": node.id.0, "type": &*node.name, "pact": node.pact.name(), "parallelism": node.parallelism,
    });
    if !graph.sources.contains(&node.id) {
        let predecessors = node
            .predecessors
            .iter()
            .map(|it| json!({ "id": it.id.0, "ship_strategy": it.ship_strategy, "side": SIDE }));
        object["predecessors"] = predecessors.collect();
    }
    object
}

fn stream_node(graph: &StreamGraph, node: &StreamNode) -> Value {
    let mut object = json!({
        "id": node.id.0,
        "name": &*node.name,
        "parallelism": node.parallelism,
        "max_parallelism": max_parallelism(node.max_parallelism),
        "slot_sharing_group": &*node.slot_sharing_group,
        "chaining_strategy": node.chaining_strategy.name(),
        "buffer_timeout": node.buffer_timeout_ms,
        "out_edges": node.out_edges.iter().map(|&edge| out_edge(graph.edge(edge))).collect::<Vec<_>>(),
    });
    if let Some(uid) = &node.uid {
        object["uid"] = json!(&**uid);
    }
    object
}

fn out_edge(edge: &StreamEdge) -> Value {
    let mut object = json!({
        "target": edge.target.0,
        "type_number": edge.type_number,
        "partitioner": edge.partitioner.name(),
        "exchange_mode": edge.exchange_mode.name(),
    });
    if let Some(tag) = &edge.output_tag {
        object["output_tag"] = json!(&**tag);
    }
    object
}

fn vertex(graph: &JobGraph, vertex: &JobVertex) -> Value {
    let inputs = vertex.inputs.iter().map(|&edge| input(graph, &graph.edges[edge as usize]));
    json!({
        "id": vertex.id.to_string(),
        "name": &*vertex.name,
        "parallelism": vertex.parallelism,
        "max_parallelism": max_parallelism(vertex.max_parallelism),
        "invokable": vertex.invokable.name(),
        "slot_sharing_group": &*vertex.slot_sharing_group,
        "operator_ids": vertex.operator_ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "inputs": inputs.collect::<Vec<_>>(),
    })
}

fn input(graph: &JobGraph, edge: &JobEdge) -> Value {
    let partitioner = &edge.partitioner;
    json!({
        "source": graph.vertices[edge.source.index()].id.to_string(),
        "distribution": if partitioner.is_pointwise() { "POINTWISE" } else { "ALL_TO_ALL" },
        "ship_strategy": partitioner.name(),
        "result_type": edge.result_type.name(),
        "broadcast": partitioner.name() == "BROADCAST",
        "upstream_state_mapper": SubtaskStateMapper::upstream_of(partitioner).name(),
        "downstream_state_mapper": SubtaskStateMapper::downstream_of(partitioner).name(),
    })
}

fn execution_graph(graphs: &CompiledJob) -> Value {
    let (jobs, graph) = (&graphs.job_graph, &graphs.execution_graph);
    let id = |vertex: crate::base::ids::VertexIdx| jobs.vertices[vertex.index()].id.to_string();
    let edges = jobs.vertices.iter().flat_map(|vertex| &vertex.inputs).map(|&number| {
        let edge = &graph.edges[number as usize];
        let consumers = edge.consumers.iter().enumerate().map(|(subtask, range)| {
            json!({ "subtask": subtask, "reads": [{
                "first_producer": range.producer_first,
                "last_producer": range.producer_last,
                "first_subpartition": range.subpartition_first,
                "last_subpartition": range.subpartition_last,
            }] })
        });
        json!({ "source": id(edge.source), "target": id(edge.target), "consumers": consumers.collect::<Vec<_>>() })
    });
    // The recordings name vertices, so the regions of single subtasks are those of their vertices.
    let mut regions: Vec<Vec<String>> = Vec::new();
    for region in pipelined_regions(jobs, graph) {
        let mut vertices: Vec<String> = region.into_iter().map(|(vertex, _)| id(vertex)).collect();
        vertices.sort_unstable();
        vertices.dedup();
        regions.push(vertices);
    }
    regions.sort_unstable();
    regions.dedup();
    json!({ "edges": edges.collect::<Vec<_>>(), "pipelined_regions": regions })
}
