//! Flink's scheduler: what is deployed, and which subtasks share a slot.

pub mod plan;
mod plan_builder;
pub mod slot_sharing;
