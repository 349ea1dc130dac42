//! What every other module stands on: ids, limits, the random generator, choice points.

pub mod ids;
