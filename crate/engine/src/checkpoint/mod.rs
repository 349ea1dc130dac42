//! Checkpoints: what an operator, a task and a job had at one point of their streams.

pub mod handles;
pub mod metrics;
