//! Memory segments: how many there are, who holds them, and when a writer must wait.
//!
//! Contract: `requested` counts every segment from the request until its last reader gave it back. A
//! request is always answered; a pool over its size, or a subpartition at its limit, is unavailable, and
//! the task waits before its next record (soft back-pressure).
//! Flink: `LocalBufferPool`, `NetworkBufferPool`. Left out so far: redistribution between pools, the limit
//! of the overdraft and the blocking request behind it.

use std::collections::BTreeMap;

use super::buffer::{BufferId, Segment};
use crate::base::limits::BUFFERS_PER_SUBPARTITION_MAX;

/// The buffers of one result partition.
#[derive(Clone, Debug)]
pub struct LocalBufferPool {
    size: u32,
    requested: u32,
    used_by_subpartition: Vec<u32>,
    unavailable_subpartitions: u32,
    /// Readers left of segments that all subpartitions share.
    shared: BTreeMap<BufferId, u32>,
}

impl LocalBufferPool {
    /// A pool for `subpartitions`, of the size that Flink gives a bounded pipelined partition when memory
    /// suffices: 2 a subpartition and 8. Flink: `NettyShuffleUtils`.
    pub fn for_partition(subpartitions: u32) -> Self {
        Self {
            size: 2 * subpartitions + 8,
            requested: 0,
            used_by_subpartition: vec![0; subpartitions as usize],
            unavailable_subpartitions: 0,
            shared: BTreeMap::new(),
        }
    }

    /// Whether a writer may begin another record.
    pub const fn is_available(&self) -> bool {
        self.requested < self.size && self.unavailable_subpartitions == 0
    }

    /// Segments held, and how many there may be.
    pub const fn usage(&self) -> (u32, u32) {
        (self.requested, self.size)
    }

    /// Counts a segment for one subpartition.
    pub fn request(&mut self, subpartition: u32) {
        self.requested += 1;
        let used = &mut self.used_by_subpartition[subpartition as usize];
        *used += 1;
        if *used == BUFFERS_PER_SUBPARTITION_MAX {
            self.unavailable_subpartitions += 1;
        }
    }

    /// Counts a segment that each of the subpartitions reads.
    pub fn request_shared(&mut self, id: BufferId) {
        self.requested += 1;
        let before = self.shared.insert(id, self.used_by_subpartition.len() as u32);
        assert!(before.is_none(), "segment {id} is requested twice");
    }

    /// Takes a segment back from one reader.
    pub fn recycle(&mut self, segment: Segment) {
        assert!(self.requested > 0, "segment {} comes back to a pool that gave none", segment.id);
        let Some(owner) = segment.owner else {
            let left = self.shared.get_mut(&segment.id).expect("a shared segment has readers left");
            *left -= 1;
            if *left == 0 {
                self.shared.remove(&segment.id);
                self.requested -= 1;
            }
            return;
        };
        self.requested -= 1;
        let used = &mut self.used_by_subpartition[owner as usize];
        if *used == BUFFERS_PER_SUBPARTITION_MAX {
            self.unavailable_subpartitions -= 1;
        }
        *used -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(id: u32, owner: Option<u32>) -> Segment {
        Segment { id: BufferId(id), owner }
    }

    #[test]
    fn a_full_subpartition_makes_the_pool_unavailable() {
        let mut pool = LocalBufferPool::for_partition(4);
        for _ in 0..BUFFERS_PER_SUBPARTITION_MAX {
            assert!(pool.is_available());
            pool.request(1);
        }
        assert!(!pool.is_available());
        assert_eq!(pool.usage(), (10, 16));
        pool.recycle(segment(0, Some(1)));
        assert!(pool.is_available());
    }

    #[test]
    fn a_shared_segment_comes_back_with_its_last_reader() {
        let mut pool = LocalBufferPool::for_partition(2);
        pool.request_shared(BufferId(7));
        pool.recycle(segment(7, None));
        assert_eq!(pool.usage().0, 1);
        pool.recycle(segment(7, None));
        assert_eq!(pool.usage().0, 0);
    }
}
