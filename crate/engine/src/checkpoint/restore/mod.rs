//! From a checkpoint to what each task of a job begins with.

pub mod assignment;
pub mod settings;
