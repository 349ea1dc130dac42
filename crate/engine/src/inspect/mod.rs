//! Views of the world for drawing and for the inspector: read-only, made when somebody looks.
//!
//! Invariant: everything here takes `&World`.

pub mod back_pressure;
pub mod buffers;
pub mod channels;
pub mod checkpoints;
pub mod detail;
pub mod disk;
pub mod event_time;
pub mod files;
pub mod flights;
pub mod frame;
pub mod held_state;
pub mod leadership;
pub mod memory;
pub mod messages;
pub mod metrics;
mod recovery;
pub mod sentence;
mod stages;
mod time_metrics;
pub mod topology;
pub mod watermarks;
