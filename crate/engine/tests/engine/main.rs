//! What the engine does as a whole, seen from outside. One program: each more is linked with all of the engine again.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "nobody loads the tests")]

mod adaptive;
mod alignment;
mod barriers;
mod batch;
mod checkpoint_files;
mod checkpoint_view;
mod checkpoints;
mod connection_failures;
mod deployments;
mod endings;
mod enumerations;
mod failover;
mod graphs;
mod job_managers;
mod jobs;
mod links;
mod lost_calls;
mod master_hooks;
mod memory;
mod messages;
mod metrics;
mod network;
mod processes;
mod run;
mod savepoints;
mod scheduling;
mod sentence;
mod slots;
mod time_metrics;
mod timestamps;
mod views;
