//! A job and its three graphs, in one step.

use super::checkpoint_settings::CheckpointSettings;
use super::error::ApiError;
use super::execution_graph::{self, ExecutionGraph};
use super::job_graph::{self, JobGraph};
use super::stream_graph::{self, StreamGraph, sorts_stream};
use super::transformation::Job;

/// The three graphs of a job.
#[derive(Clone, Debug)]
pub struct CompiledJob {
    pub stream_graph: StreamGraph,
    pub job_graph: JobGraph,
    pub execution_graph: ExecutionGraph,
}

/// Makes the graphs of a job, or says why Flink would reject it.
///
/// A streaming job that sorts an input, or writes a blocking result, has no checkpoints. Flink begins none while such
/// a vertex runs, whose tasks wait at their end for a last one: there the job hangs.
pub fn compile(job: &Job) -> Result<CompiledJob, ApiError> {
    let compiled = graphs(job)?;
    if !job.settings.checkpoint.is_enabled() || !compiled.is_silent_until_an_end() {
        return Ok(compiled);
    }
    let mut job = job.clone();
    job.settings.checkpoint = CheckpointSettings::default();
    graphs(&job)
}

impl CompiledJob {
    /// Whether something is written, or read, only when all that comes before it is there.
    fn is_silent_until_an_end(&self) -> bool {
        let is_sorted = self.stream_graph.nodes.values().any(|node| sorts_stream(&node.operator, &node.keys));
        is_sorted || self.job_graph.edges.iter().any(|edge| edge.result_type.is_blocking())
    }
}

fn graphs(job: &Job) -> Result<CompiledJob, ApiError> {
    let stream_graph = stream_graph::generate(job)?;
    let job_graph = job_graph::generate(&stream_graph)?;
    let execution_graph = execution_graph::generate(&job_graph);
    Ok(CompiledJob { stream_graph, job_graph, execution_graph })
}
