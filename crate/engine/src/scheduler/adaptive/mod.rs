//! How many subtasks a job gets with the slots that there are, and when it is worth to change that.

pub mod slot_allocator;
pub mod transition_manager;
