//! Pipelined regions: the subtasks that must run, and fail, together.
//!
//! Flink: `PipelinedRegionComputeUtil`, `SchedulingPipelinedRegionComputeUtil`.

use super::ExecutionGraph;
use crate::base::ids::VertexIdx;
use crate::base::ordered::SortedMap;
use crate::graph::job_graph::JobGraph;

/// The regions, each as its subtasks (vertex, subtask index), in topological order.
pub fn pipelined_regions(job: &JobGraph, graph: &ExecutionGraph) -> Vec<Vec<(VertexIdx, u32)>> {
    let first_of: Vec<usize> = graph
        .vertices
        .iter()
        .scan(0, |next, vertex| {
            let first = *next;
            *next += vertex.executions.len();
            Some(first)
        })
        .collect();
    let count = graph.vertices.iter().map(|vertex| vertex.executions.len()).sum();
    let mut region: Vec<usize> = (0..count).collect();
    for (job_edge, edge) in job.edges.iter().zip(&graph.edges) {
        if !job_edge.result_type.must_be_pipelined_consumed() {
            continue;
        }
        for (consumer, range) in edge.consumers.iter().enumerate() {
            for producer in range.producer_first..=range.producer_last {
                let a = first_of[edge.source.index()] + producer as usize;
                merge(&mut region, a, first_of[edge.target.index()] + consumer);
            }
        }
    }
    // Regions that depend on each other in a circle through blocking edges are one.
    while let Some((a, b)) = find_circle(job, graph, &first_of, &region) {
        merge(&mut region, a, b);
    }
    collect(graph, &region)
}

fn root(region: &[usize], mut at: usize) -> usize {
    while region[at] != at {
        at = region[at];
    }
    at
}

fn merge(region: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(region, a), root(region, b));
    region[a.max(b)] = a.min(b);
}

/// Two regions of which each can be reached from the other.
fn find_circle(
    job: &JobGraph,
    graph: &ExecutionGraph,
    first_of: &[usize],
    region: &[usize],
) -> Option<(usize, usize)> {
    let mut reaches: SortedMap<(usize, usize), ()> = SortedMap::new();
    for edge in &graph.edges {
        for (consumer, range) in edge.consumers.iter().enumerate() {
            for producer in range.producer_first..=range.producer_last {
                let a = root(region, first_of[edge.source.index()] + producer as usize);
                let b = root(region, first_of[edge.target.index()] + consumer);
                if a != b {
                    reaches.insert((a, b), ());
                }
            }
        }
    }
    // As many rounds as there are vertices lengthen every path to its end.
    for _ in 0..job.vertices.len() {
        let longer: Vec<(usize, usize)> = reaches
            .iter()
            .flat_map(|(&(a, b), ())| {
                reaches.range((b, 0)..=(b, usize::MAX)).map(move |(&(_, c), ())| (a, c))
            })
            .collect();
        for each in longer {
            reaches.insert(each, ());
        }
    }
    reaches.keys().copied().find(|&(a, b)| a != b && reaches.contains_key(&(b, a)))
}

fn collect(graph: &ExecutionGraph, region: &[usize]) -> Vec<Vec<(VertexIdx, u32)>> {
    let mut regions: SortedMap<usize, Vec<(VertexIdx, u32)>> = SortedMap::new();
    let subtasks = (0..).map(VertexIdx).zip(&graph.vertices).flat_map(|(place, vertex)| {
        vertex.executions.iter().map(move |execution| (place, execution.subtask_idx))
    });
    for (number, subtask) in subtasks.enumerate() {
        regions.entry(root(region, number)).or_default().push(subtask);
    }
    regions.into_values().collect()
}
