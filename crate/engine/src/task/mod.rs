//! A task: the running attempt of a subtask, with its mailbox, its chain of operators and its writers.

pub mod state;
pub mod time_shares;
