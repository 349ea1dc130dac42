//! A task: the running attempt of a subtask, with its mailbox, its chain of operators and its writers.

pub mod chain;
pub mod checkpointing;
pub mod debloat;
pub mod descriptor;
pub mod environment;
pub mod input;
pub mod memory;
pub mod message;
pub mod outputs;
pub mod pace;
pub mod record_writer;
pub mod sorting;
pub mod state;
pub mod stream_task;
pub mod time_shares;
