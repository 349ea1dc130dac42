//! The world and its clock: ticks, turns, commands, snapshots, the way back.

mod asks;
mod calls;
#[cfg(debug_assertions)]
mod checkers;
#[cfg(test)]
mod checkpoints;
pub mod command;
pub mod cursor;
mod cut_off;
mod deployment;
mod faults;
mod fencing;
pub mod file_needs;
pub mod history;
mod job_managers;
mod leadership;
mod manager_lead;
pub mod message_log;
pub mod output;
mod processes;
mod runner;
pub mod savepoints;
pub mod submission;
pub mod timestamps;
pub mod transactions;
mod transitions;
mod turn;
mod workers;
pub mod world;
mod yarn;

pub use history::Sim;
