//! The engine in JavaScript: bindings by wasm-bindgen.
//!
//! Invariant: no borrow of the engine is held while a function of a job runs; what it may reach stands in
//! [`context`]. Invariant: nothing here unwraps; a wrong argument is thrown, a panic is a bug of the engine.
#![cfg_attr(not(test), deny(clippy::unwrap_used))]
#![allow(clippy::needless_pass_by_value, reason = "wasm-bindgen has no borrowed form of what crosses")]
#![allow(clippy::wrong_self_convention, reason = "Flink's sources are made by methods of the environment")]
#![allow(clippy::float_cmp, reason = "wasm-bindgen's enums compare a number that JavaScript gave")]

mod exchange;
mod value;

mod context;
mod function;
mod operator_state;
mod state;

mod error;
mod graphs;
mod job;

mod checkpoints;
mod command;
mod detail;
mod disk;
mod event_time;
mod files;
mod lab;
mod messages;
mod scenario;
mod sentence;
mod task_manager;
mod topology;

mod object;
mod panic;
mod settings;

#[cfg(feature = "tables")]
mod barrier_tables;
#[cfg(feature = "tables")]
mod network_tables;
#[cfg(feature = "tables")]
mod state_tables;
#[cfg(feature = "tables")]
mod tables;

/// Smaller than the standard library's for wasm, and faster where much is small and lives short.
#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
