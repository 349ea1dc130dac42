//! Views of the world for drawing and for the inspector: read-only, made when somebody looks.
//!
//! Invariant: everything here takes `&World`.

pub mod buffers;
pub mod detail;
pub mod frame;
pub mod sentence;
pub mod topology;
