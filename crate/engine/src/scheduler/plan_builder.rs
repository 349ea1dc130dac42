//! From the JobGraph and the ExecutionGraph to what is deployed.

use std::rc::Rc;

use super::options::SchedulerOptions;
use super::plan::{JobPlan, PlannedChannel, PlannedExecution, PlannedGate, PlannedVertex};
use crate::base::ids::{ChannelId, PartitionId, TaskId, VertexIdx};
use crate::checkpoint::storage::CheckpointStorage;
use crate::graph::execution_graph::{self, ExecutionGraph, pipelined_regions};
use crate::graph::job_graph::{JobEdge, JobGraph, JobType, JobVertex};
use crate::graph::operator_spec::{KeySelector, OperatorSpec, Partitioner};
use crate::graph::stream_graph::sorts_stream;
use crate::task::descriptor::{FlushPolicy, InputRequirement, PartitionDescriptor};
use crate::task::pace::Speed;

impl JobPlan {
    /// The plan for a job whose vertices work at the speeds that `speed_of` gives.
    pub fn new(job: &JobGraph, graph: &ExecutionGraph, speed_of: impl Fn(&JobVertex) -> Speed) -> Self {
        let mut first_task = 0;
        let mut vertices = Vec::new();
        for (vertex, expanded) in job.vertices.iter().zip(&graph.vertices) {
            vertices.push(plan_vertex(
                job,
                vertex,
                expanded.max_parallelism,
                TaskId(first_task),
                speed_of(vertex),
            ));
            first_task += vertex.parallelism;
        }
        let partitions = PartitionNumbers::new(job, graph);
        let mut plan = Self {
            job_name: Rc::clone(&job.job_name),
            job_id: Rc::from(""),
            job_type: job.job_type,
            time: job.time,
            checkpoint: Rc::new(job.checkpoint.clone()),
            storage: CheckpointStorage::job_manager(),
            restart: job.restart.clone(),
            scheduler: SchedulerOptions::default(),
            adaptive_job: None,
            vertices,
            executions: Vec::new(),
            channels: Vec::new(),
            regions: Vec::new(),
        };
        for (place, expanded) in (0..).map(VertexIdx).zip(&graph.vertices) {
            for execution in &expanded.executions {
                let planned =
                    plan_execution(&mut plan, job, graph, &partitions, place, execution.subtask_idx);
                plan.executions.push(PlannedExecution { name: Rc::clone(&execution.name), ..planned });
            }
        }
        let task = |&(vertex, subtask_idx): &(VertexIdx, u32)| {
            TaskId(plan.vertices[vertex.index()].first_task.0 + subtask_idx)
        };
        let regions = pipelined_regions(job, graph);
        plan.regions = regions.iter().map(|region| region.iter().map(task).collect()).collect();
        plan
    }
}

impl JobPlan {
    /// The plan of an adaptively scheduled job with this parallelism of its vertices; all else stays.
    #[must_use]
    pub fn at_parallelism(&self, parallelism: &[u32]) -> Self {
        let mut job = self.adaptive_job.as_deref().expect("the job is scheduled adaptively").clone();
        for ((vertex, planned), &count) in job.vertices.iter_mut().zip(&self.vertices).zip(parallelism) {
            vertex.parallelism = count;
            vertex.max_parallelism = Some(planned.max_parallelism);
        }
        let mut plan = Self::new(&job, &execution_graph::generate(&job), |_| Speed::RecordsPerTick(1));
        for (vertex, before) in plan.vertices.iter_mut().zip(&self.vertices) {
            vertex.speed = before.speed;
            vertex.is_max_parallelism_derived = before.is_max_parallelism_derived;
        }
        Self {
            storage: self.storage.clone(),
            scheduler: self.scheduler,
            adaptive_job: self.adaptive_job.clone(),
            ..plan
        }
    }
}

/// Ids of the result partitions: edge by edge, subtask by subtask.
struct PartitionNumbers {
    first_of_edge: Vec<u32>,
}

impl PartitionNumbers {
    fn new(job: &JobGraph, graph: &ExecutionGraph) -> Self {
        let mut next = 0;
        let first_of_edge = job
            .edges
            .iter()
            .map(|edge| {
                let first = next;
                next += graph.vertices[edge.source.index()].parallelism;
                first
            })
            .collect();
        Self { first_of_edge }
    }

    fn of(&self, edge: u32, producer: u32) -> PartitionId {
        PartitionId(self.first_of_edge[edge as usize] + producer)
    }
}

fn plan_vertex(
    job: &JobGraph,
    vertex: &JobVertex,
    max_parallelism: u32,
    first_task: TaskId,
    speed: Speed,
) -> PlannedVertex {
    PlannedVertex {
        id: vertex.id,
        name: Rc::clone(&vertex.name),
        parallelism: vertex.parallelism,
        max_parallelism,
        is_max_parallelism_derived: vertex.max_parallelism.is_none(),
        slot_sharing_group: Rc::clone(&vertex.slot_sharing_group),
        co_location_group: vertex.co_location_group.clone(),
        chain: vertex.operators.as_slice().into(),
        source: vertex.operators[0].operator.source().cloned(),
        input_requirements: input_requirements(job, vertex),
        speed,
        first_task,
    }
}

/// Flink: `BatchExecutionUtils#applyBatchExecutionSettings`, `BatchCoBroadcastWithNonKeyedOperator`.
fn input_requirements(job: &JobGraph, vertex: &JobVertex) -> Rc<[InputRequirement]> {
    let head = &vertex.operators[0];
    let keys = &head.keys;
    if job.job_type == JobType::Streaming {
        let is_sorted = sorts_stream(&head.operator, keys);
        return if is_sorted { Rc::new([InputRequirement::Sorted]) } else { Rc::new([]) };
    }
    if keys.iter().all(Option::is_none) {
        return match head.operator {
            OperatorSpec::BroadcastProcess { .. } => {
                Rc::new([InputRequirement::Later, InputRequirement::PassThrough])
            }
            _ => Rc::new([]),
        };
    }
    let requirement = |key: &Option<KeySelector>| match key {
        Some(_) => InputRequirement::Sorted,
        None => InputRequirement::PassThrough,
    };
    keys.iter().map(requirement).collect()
}

fn plan_execution(
    plan: &mut JobPlan,
    job: &JobGraph,
    graph: &ExecutionGraph,
    partitions: &PartitionNumbers,
    place: VertexIdx,
    subtask_idx: u32,
) -> PlannedExecution {
    let vertex = &job.vertices[place.index()];
    let to = TaskId(plan.vertices[place.index()].first_task.0 + subtask_idx);
    let mut gates = Vec::new();
    for (gate, &edge) in (0..).zip(&vertex.inputs) {
        let channels = plan_channels(plan, job, graph, partitions, edge, to, subtask_idx, gate);
        gates.push(PlannedGate { input: job.edges[edge as usize].input, channels });
    }
    let partitions = vertex.outputs.iter().map(|&number| {
        let edge = &job.edges[number as usize];
        PartitionDescriptor {
            id: partitions.of(number, subtask_idx),
            subpartitions: graph.edges[number as usize].subpartitions[subtask_idx as usize],
            result_type: edge.result_type,
            partitioner: edge.partitioner.clone(),
            key_groups: graph.vertices[edge.target.index()].max_parallelism,
            flush: FlushPolicy::from_buffer_timeout(edge.buffer_timeout_ms),
            supports_unaligned: supports_unaligned(job, edge),
        }
    });
    PlannedExecution { vertex: place, subtask_idx, name: "".into(), gates, partitions: partitions.collect() }
}

/// Records in flight of a consumer can be sent to other subtasks only if every edge to it says to which: one that does
/// not forbids it for all of them. Flink: `StreamGraphGenerator#shouldDisableUnalignedCheckpointing`.
fn supports_unaligned(job: &JobGraph, edge: &JobEdge) -> bool {
    let inputs = job.vertices[edge.target.index()].inputs.iter();
    inputs.map(|&input| &job.edges[input as usize].partitioner).all(|partitioner| {
        !matches!(partitioner, Partitioner::Forward | Partitioner::Rescale | Partitioner::Broadcast)
    })
}

#[expect(clippy::too_many_arguments, reason = "a consumer's gate is where plan, graphs and numbers meet")]
fn plan_channels(
    plan: &mut JobPlan,
    job: &JobGraph,
    graph: &ExecutionGraph,
    partitions: &PartitionNumbers,
    edge: u32,
    to: TaskId,
    consumer: u32,
    gate: u32,
) -> Vec<ChannelId> {
    let job_edge = &job.edges[edge as usize];
    let source = &job.vertices[job_edge.source.index()];
    let output =
        source.outputs.iter().position(|&number| number == edge).expect("an edge begins at its source");
    let range = graph.edges[edge as usize].consumers[consumer as usize];
    let mut channels = Vec::new();
    for producer in range.producer_first..=range.producer_last {
        let id = ChannelId(plan.channels.len() as u32);
        plan.channels.push(PlannedChannel {
            from: TaskId(plan.vertices[job_edge.source.index()].first_task.0 + producer),
            output: output as u32,
            partition: partitions.of(edge, producer),
            subpartition: range.subpartition_first,
            to,
            gate,
            channel: channels.len() as u32,
            ship_strategy: job_edge.partitioner.name().into(),
            result_type: job_edge.result_type,
        });
        channels.push(id);
    }
    channels
}
