//! The segments of one result partition or one input gate.
//!
//! Contract: `requested` counts every segment from the moment in which it leaves the free list until it is
//! back there; the pool takes one in advance, so that it is known whether the next request can be met. It is
//! available while it has a segment at hand and no subpartition holds its maximum. Beyond its size it takes
//! overdraft segments, one by one, up to a limit: they let the record in hand be written to its end.
//! Flink: `LocalBufferPool`.

use std::collections::VecDeque;

use super::network::FreeSegments;
use crate::base::ordered::SortedMap;
use crate::network::segment::SegmentId;

/// What a pool is created with.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    /// Segments that it is sure to get.
    pub min: u32,
    /// Segments that it ever gets; `None`: as many as there are.
    pub max: Option<u32>,
    /// Subpartitions that it counts for; 0 for a gate.
    pub subpartitions: u32,
    /// Segments that one subpartition may hold before the pool counts as unavailable.
    pub per_subpartition_max: u32,
    /// Segments beyond the size of the pool.
    pub overdraft_max: u32,
}

/// A segment that is back, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recycled {
    /// The pool keeps it, or has given it back.
    Settled,
    /// It goes to a waiting channel of the gate.
    HandTo { channel: u32, segment: SegmentId },
}

/// See the module.
#[derive(Clone, Debug)]
pub struct LocalBufferPool {
    limits: PoolLimits,
    size: u32,
    requested: u32,
    at_hand: VecDeque<SegmentId>,
    used_by_subpartition: Vec<u32>,
    unavailable_subpartitions: u32,
    is_available: bool,
    is_destroyed: bool,
    /// Whether it wants to be told when a segment becomes free.
    is_waiting: bool,
    /// Channels of the gate that wait for a floating buffer, in the order in which they asked.
    listeners: VecDeque<u32>,
    /// Readers left of segments that several subpartitions share.
    shared: SortedMap<SegmentId, u32>,
}

impl LocalBufferPool {
    pub(super) fn new(limits: PoolLimits, free: &mut FreeSegments) -> Self {
        let mut pool = Self {
            limits,
            size: limits.min,
            requested: 0,
            at_hand: VecDeque::new(),
            used_by_subpartition: vec![0; limits.subpartitions as usize],
            unavailable_subpartitions: 0,
            is_available: false,
            is_destroyed: false,
            is_waiting: false,
            listeners: VecDeque::new(),
            shared: SortedMap::new(),
        };
        pool.is_available = pool.check_availability(free);
        pool
    }

    /// Whether a writer may begin another record.
    pub const fn is_available(&self) -> bool {
        self.is_available
    }

    /// What it was created with.
    pub const fn limits(&self) -> &PoolLimits {
        &self.limits
    }

    /// Segments that it may hold now, but for the overdraft. Flink: `getNumBuffers`.
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Segments that it took from the free list.
    pub const fn requested(&self) -> u32 {
        self.requested
    }

    /// Segments that wait in the pool.
    pub fn at_hand(&self) -> u32 {
        self.at_hand.len() as u32
    }

    /// Segments in use. Flink: `bestEffortGetNumOfUsedBuffers`.
    pub fn used(&self) -> u32 {
        self.requested - self.at_hand()
    }

    /// Segments beyond its size.
    pub const fn overdraft(&self) -> u32 {
        self.requested.saturating_sub(self.size)
    }

    /// Segments that each subpartition holds.
    pub fn used_by_subpartition(&self) -> &[u32] {
        &self.used_by_subpartition
    }

    /// Whether its owner is gone and only its last segments are out.
    pub const fn is_destroyed(&self) -> bool {
        self.is_destroyed
    }

    /// Whether a channel of the gate waits for a floating buffer.
    pub fn has_listeners(&self) -> bool {
        !self.listeners.is_empty()
    }

    pub(super) fn request(
        &mut self,
        subpartition: Option<u32>,
        free: &mut FreeSegments,
    ) -> Option<SegmentId> {
        assert!(!self.is_destroyed, "a segment is requested of a pool that is destroyed");
        let segment = match self.at_hand.pop_front() {
            Some(segment) => segment,
            None if self.requested >= self.size => self.request_overdraft(free)?,
            None => return None,
        };
        if let Some(subpartition) = subpartition {
            let used = &mut self.used_by_subpartition[subpartition as usize];
            *used += 1;
            if *used == self.limits.per_subpartition_max {
                self.unavailable_subpartitions += 1;
            }
        }
        self.is_available = self.check_availability(free);
        Some(segment)
    }

    fn request_overdraft(&mut self, free: &mut FreeSegments) -> Option<SegmentId> {
        if self.requested - self.size >= self.limits.overdraft_max {
            return None;
        }
        let segment = free.take()?;
        self.requested += 1;
        Some(segment)
    }

    /// From now on so many subpartitions read the segment.
    pub(super) fn share(&mut self, segment: SegmentId, readers: u32) {
        let before = self.shared.insert(segment, readers);
        assert!(before.is_none(), "segment {segment} is shared twice");
    }

    /// One reader of a shared segment has read it. Answers whether it was the last.
    pub(super) fn release_shared(&mut self, segment: SegmentId) -> bool {
        let left = self.shared.get_mut(&segment).expect("a shared segment has readers left");
        *left -= 1;
        if *left > 0 {
            return false;
        }
        self.shared.remove(&segment);
        true
    }

    /// Takes a segment back. `Err`: it goes to the free list.
    pub(super) fn recycle(
        &mut self,
        segment: SegmentId,
        subpartition: Option<u32>,
    ) -> Result<Recycled, SegmentId> {
        if let Some(subpartition) = subpartition {
            let used = &mut self.used_by_subpartition[subpartition as usize];
            if *used == self.limits.per_subpartition_max {
                self.unavailable_subpartitions -= 1;
            }
            *used = used.checked_sub(1).expect("a subpartition gives back what it got");
        }
        if self.is_destroyed || self.requested > self.size {
            self.requested -= 1;
            return Err(segment);
        }
        if let Some(channel) = self.listeners.pop_front() {
            return Ok(Recycled::HandTo { channel, segment });
        }
        self.at_hand.push_back(segment);
        self.is_available = self.unavailable_subpartitions == 0;
        Ok(Recycled::Settled)
    }

    /// Queues a channel for the next segment that comes back. Answers whether it must wait: not if there is
    /// one now. Flink: `addBufferListener`.
    pub(super) fn add_listener(&mut self, channel: u32) -> bool {
        let must_wait = self.at_hand.is_empty() && !self.is_destroyed;
        if must_wait {
            self.listeners.push_back(channel);
        }
        must_wait
    }

    pub(super) fn remove_listener(&mut self, channel: u32) {
        self.listeners.retain(|&listener| listener != channel);
    }

    /// The size that the redistribution gives it. Answers the segments that it gives back.
    pub(super) fn set_size(&mut self, size: u32) -> Vec<SegmentId> {
        assert!(size >= self.limits.min, "a pool keeps what it requires");
        self.size = self.limits.max.map_or(size, |max| size.min(max));
        let excess = self.requested.saturating_sub(self.size).min(self.at_hand());
        self.requested -= excess;
        self.at_hand.drain(..excess as usize).collect()
    }

    /// After a change of its size: whether it is available now.
    pub(super) fn refresh(&mut self, free: &mut FreeSegments) {
        self.is_available = self.check_availability(free);
    }

    /// The free list has a segment again. Flink: `onGlobalPoolAvailable`.
    pub(super) fn on_free_segment(&mut self, free: &mut FreeSegments) {
        self.is_waiting = false;
        if !self.is_destroyed && !self.is_available {
            self.is_available = self.check_availability(free);
        }
    }

    /// Its owner is gone. Answers the segments at hand, which go back. Flink: `lazyDestroy`.
    pub(super) fn destroy(&mut self) -> Vec<SegmentId> {
        self.is_destroyed = true;
        self.is_available = false;
        self.listeners.clear();
        self.requested -= self.at_hand();
        self.at_hand.drain(..).collect()
    }

    /// Whether it wants to be told when a segment becomes free, asked once. Flink:
    /// `requestingNotificationOfGlobalPoolAvailable`.
    pub(super) const fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    fn check_availability(&mut self, free: &mut FreeSegments) -> bool {
        if self.at_hand.is_empty() {
            if self.requested >= self.size {
                return false;
            }
            let Some(segment) = free.take() else {
                self.is_waiting = true;
                return false;
            };
            self.requested += 1;
            self.at_hand.push_back(segment);
        }
        self.unavailable_subpartitions == 0
    }
}
