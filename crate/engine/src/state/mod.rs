//! State: keyed state by key group. (Operator and broadcast state, other backends: to come.)

pub mod descriptor;
pub mod key_groups;
pub mod keyed;
pub mod namespace;
mod table;

pub use descriptor::{StateDescriptor, StateError, StateId, StateKind};
pub use table::{JavaHasher, MapEntries, StateValue};
