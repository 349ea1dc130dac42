//! A job and its three graphs, in one step.

use super::error::ApiError;
use super::execution_graph::{self, ExecutionGraph};
use super::job_graph::{self, JobGraph};
use super::stream_graph::{self, StreamGraph};
use super::transformation::Job;

/// The three graphs of a job.
#[derive(Clone, Debug)]
pub struct CompiledJob {
    pub stream_graph: StreamGraph,
    pub job_graph: JobGraph,
    pub execution_graph: ExecutionGraph,
}

/// Makes the graphs of a job, or says why Flink would reject it.
pub fn compile(job: &Job) -> Result<CompiledJob, ApiError> {
    let stream_graph = stream_graph::generate(job)?;
    let job_graph = job_graph::generate(&stream_graph)?;
    let execution_graph = execution_graph::generate(&job_graph);
    Ok(CompiledJob { stream_graph, job_graph, execution_graph })
}
