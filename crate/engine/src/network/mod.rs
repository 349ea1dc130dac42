//! The network stack between an operator's output and the next operator's input.
//!
//! Bytes only: it knows serialised records and events, never values or operators. The record writers,
//! which choose a subpartition, live in `task`.

pub mod barrier;
pub mod bounded_blocking;
pub mod buffer;
pub mod channel;
pub mod debloat;
pub mod deserializer;
pub mod digest;
pub mod disk;
pub mod error;
pub mod event;
pub mod gate;
pub mod message;
pub mod partition;
pub mod partition_type;
pub mod pool;
pub mod segment;
pub mod server;
pub mod shuffle;
pub mod subpartition;
