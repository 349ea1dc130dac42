//! What every other module stands on: ids, limits, the random generator, choice points, append-only logs.

pub mod append_log;
pub mod choice;
pub mod decimal;
pub mod ids;
pub mod limits;
pub mod memory;
pub mod ordered;
pub mod own;
pub mod paged_map;
pub mod prng;
pub mod shortest;
pub mod sort;
