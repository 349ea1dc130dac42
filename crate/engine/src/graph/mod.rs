//! From the job to its graphs: the DataStream API's builder, StreamGraph, JobGraph, ExecutionGraph.

pub mod operator_spec;
