//! Buffer pools: how many segments there are, who may hold how many, and when a writer must wait.

pub mod local;
pub mod network;

pub use local::LocalBufferPool;
pub use network::NetworkBufferPool;
