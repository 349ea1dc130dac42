//! A job and its three graphs, in one step.

use super::error::ApiError;
use super::execution_graph::{self, ExecutionGraph};
use super::job_graph::{self, JobGraph};
use super::operator_spec::OperatorSpec;
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

impl CompiledJob {
    /// Whether the engine can run it: what cannot run yet is refused in one sentence.
    pub fn check_runnable(&self) -> Result<(), ApiError> {
        let planned: Vec<_> = self
            .stream_graph
            .nodes
            .values()
            .filter_map(|node| match &node.operator {
                OperatorSpec::NotYet(planned) => Some((node.transformation, planned.to_string())),
                _ => None,
            })
            .collect();
        let mut words: Vec<&str> = Vec::new();
        for (_, word) in &planned {
            if !words.contains(&word.as_str()) {
                words.push(word);
            }
        }
        if words.is_empty() {
            return Ok(());
        }
        let nodes: Vec<_> = planned.iter().map(|&(id, _)| id).collect();
        Err(ApiError::about(&nodes, format!("This job cannot run yet: {}.", words.join(", "))))
    }
}
