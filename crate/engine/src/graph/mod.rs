//! From the job to its graphs: the DataStream API's builder, StreamGraph, JobGraph, ExecutionGraph.

pub mod operator_spec;

pub mod windowing;

pub mod watermark_strategy;

pub mod checkpoint_settings;

pub mod transformation;

pub mod restart_options;

pub mod error;

pub mod api;

pub mod time_settings;

pub mod state_backend_options;
pub mod stream_graph;

pub mod job_graph;

pub mod execution_graph;

pub mod compiled;

#[cfg(test)]
mod recordings;
