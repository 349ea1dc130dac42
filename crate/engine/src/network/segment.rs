//! Memory segments: the pieces of a TaskManager's network memory, and to whom each goes back.
//!
//! Contract: a segment has one holder at any moment: the free list, a pool, a buffer, or a channel. What is
//! written into it lives in the buffer; the segment is the right to hold so many bytes.
//! Flink: `MemorySegment`, `BufferRecycler`.

use std::fmt;

/// A segment's number, unique in its TaskManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentId(pub u32);

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A local pool's place in its TaskManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolId(pub u32);

/// To whom a segment goes back once its buffer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// To the pool of a result partition; it counted for this subpartition.
    Subpartition { pool: PoolId, subpartition: u32 },
    /// As above, but several subpartitions read it: the last reader gives it back. Flink counts a buffer
    /// that is broadcast for subpartition 0.
    Shared { pool: PoolId },
    /// To the input channel that owns it.
    Exclusive,
    /// To the pool of an input gate.
    Floating { pool: PoolId },
}

/// The memory segment under a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which one.
    pub id: SegmentId,
    /// To whom it goes back.
    pub home: Home,
}
