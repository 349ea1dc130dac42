//! State: keyed state by key group, operator state, and both as bytes.

pub mod bytes;
pub mod composite_key;
pub mod descriptor;
pub mod error;
pub mod handle;
pub mod key_groups;
pub mod keyed;
pub mod lsm;
pub mod namespace;
pub mod operator_state;
mod table;
pub mod ttl;
pub mod type_information;

pub use descriptor::{StateDescriptor, StateId, StateKind};
pub use error::{StateError, StateFault};
pub use table::{JavaHasher, MapEntries, StateValue};
pub use ttl::StateTtlConfig;
