//! From a checkpoint to what each task of a job begins with.

pub mod assignment;
mod in_flight;
pub mod settings;
