//! Weir's engine: the dataflow runtime of an Apache-Flink-like stream processor, on a virtual clock.
//!
//! Pure Rust: no clock, no thread, no randomness of its own, no JavaScript. The modules stand in the
//! order in which they may import each other; `tests/architecture.rs` holds that order.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "nobody loads the tests")
)]

pub mod base;

pub mod record;
pub mod trace;

pub mod graph;
pub mod network;
pub mod state;

pub mod time;

pub mod operator;

pub mod checkpoint;

pub mod task;

pub mod scheduler;

pub mod cluster;

pub mod scenario;

pub mod sim;

pub mod inspect;
