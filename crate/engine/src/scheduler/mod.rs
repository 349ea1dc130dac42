//! Flink's scheduler: what is deployed when, and which subtasks share a slot.

pub mod adaptive;
pub mod exception_history;
pub mod failure;
pub mod failure_handler;
pub mod options;
pub mod plan;
mod plan_builder;

pub mod restart;
pub mod scheduling_strategy;
pub mod slot_pool;
pub mod slot_sharing;
