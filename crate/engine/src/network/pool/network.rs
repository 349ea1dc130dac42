//! All network memory of one TaskManager, and how it is shared out among the local pools.
//!
//! Contract: free + taken by pools + exclusive = total, always. What pools and channels require is promised
//! to them or refused when they are created; the rest is spread over the pools in proportion to what each
//! could use, and spread anew whenever a pool comes or goes. Pools are walked in the order of their
//! creation, where Flink's order is that of a hash set.
//! Flink: `NetworkBufferPool`.

use std::rc::Rc;

use super::local::{LocalBufferPool, PoolLimits, Recycled};
use crate::base::own::own_seldom;
use crate::network::error::NetworkError;
use crate::network::segment::{PoolId, SegmentId};

/// The segments that nobody holds.
#[derive(Clone, Debug)]
pub(super) struct FreeSegments {
    total: u32,
    /// Segments with this number and later ones were never taken: so a snapshot does not copy them all.
    untouched_from: u32,
    returned: Vec<SegmentId>,
}

impl FreeSegments {
    pub(super) fn take(&mut self) -> Option<SegmentId> {
        if let Some(segment) = self.returned.pop() {
            return Some(segment);
        }
        if self.untouched_from == self.total {
            return None;
        }
        self.untouched_from += 1;
        Some(SegmentId(self.untouched_from - 1))
    }

    fn len(&self) -> u32 {
        self.total - self.untouched_from + self.returned.len() as u32
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct NetworkBufferPool {
    segment_bytes: u32,
    free: FreeSegments,
    /// What pools and exclusive buffers are promised.
    required: u32,
    /// Exclusive segments handed out.
    exclusive: u32,
    pools: Vec<Option<Rc<LocalBufferPool>>>,
}

impl NetworkBufferPool {
    /// A pool of so many segments of so many bytes.
    pub const fn new(segments: u32, segment_bytes: u32) -> Self {
        Self {
            segment_bytes,
            free: FreeSegments { total: segments, untouched_from: 0, returned: Vec::new() },
            required: 0,
            exclusive: 0,
            pools: Vec::new(),
        }
    }

    /// Size of a segment in bytes.
    pub const fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    /// All segments.
    pub const fn total(&self) -> u32 {
        self.free.total
    }

    /// Segments that nobody holds.
    pub fn free(&self) -> u32 {
        self.free.len()
    }

    /// Segments that input channels own.
    pub const fn exclusive(&self) -> u32 {
        self.exclusive
    }

    /// Segments that are promised: the minima of the pools and the exclusive ones.
    pub const fn required(&self) -> u32 {
        self.required
    }

    /// The pools that hold segments or may.
    pub fn pools(&self) -> impl Iterator<Item = (PoolId, &LocalBufferPool)> {
        (0..).map(PoolId).zip(&self.pools).filter_map(|(id, pool)| Some((id, pool.as_deref()?)))
    }

    /// A pool that is not destroyed, or still has segments out.
    pub fn pool(&self, id: PoolId) -> Option<&LocalBufferPool> {
        self.pools[id.0 as usize].as_deref()
    }

    /// Whether a writer of this pool may begin another record.
    #[inline(always)]
    pub fn is_available(&self, id: PoolId) -> bool {
        match &self.pools.as_slice()[id.0 as usize] {
            Some(pool) => pool.is_available(),
            None => false,
        }
    }

    /// Creates a pool and shares the memory out anew.
    ///
    /// # Errors
    /// The memory that it requires is promised to others.
    pub fn create_pool(&mut self, limits: PoolLimits) -> Result<PoolId, NetworkError> {
        self.promise(limits.min)?;
        let pool = LocalBufferPool::new(limits, &mut self.free);
        self.pools.push(Some(Rc::new(pool)));
        self.redistribute();
        Ok(PoolId(self.pools.len() as u32 - 1))
    }

    /// The owner of a pool is gone: what is at hand comes back now, the rest as its readers are done.
    pub fn destroy_pool(&mut self, id: PoolId) {
        let Some(pool) = &mut self.pools[id.0 as usize] else { return };
        if pool.is_destroyed() {
            return;
        }
        let pool = own_seldom(pool);
        self.required -= pool.limits().min;
        let segments = pool.destroy();
        self.forget_if_empty(id);
        self.give_back(segments);
        self.redistribute();
    }

    /// Sets segments aside for the exclusive buffers of a channel, which takes them once they are free: others
    /// may still use what they had beyond their promise. Flink: `requestUnpooledMemorySegments`.
    ///
    /// # Errors
    /// So many are promised to others.
    pub fn promise_exclusive(&mut self, count: u32) -> Result<(), NetworkError> {
        self.promise(count)?;
        self.redistribute();
        Ok(())
    }

    /// Takes promised segments; `None`: they are not all free.
    pub fn take_exclusive(&mut self, count: u32) -> Option<Vec<SegmentId>> {
        if self.free.len() < count {
            return None;
        }
        self.exclusive += count;
        Some((0..count).filter_map(|_| self.free.take()).collect())
    }

    /// Promised segments are not needed any more, and were not taken.
    pub fn release_promise(&mut self, count: u32) {
        if count > 0 {
            self.required -= count;
            self.redistribute();
        }
    }

    /// Takes exclusive segments back. Flink: `recycleUnpooledMemorySegments`.
    pub fn recycle_exclusive(&mut self, segments: Vec<SegmentId>) {
        let count = segments.len() as u32;
        if count > 0 {
            self.exclusive -= count;
            self.required -= count;
            self.give_back(segments);
            self.redistribute();
        }
    }

    /// A segment for a subpartition of a pool, or for a gate; `None`: there is none now.
    pub fn request(&mut self, id: PoolId, subpartition: Option<u32>) -> Option<SegmentId> {
        let Self { pools, free, .. } = self;
        let pool = pools[id.0 as usize].as_mut().expect("a pool that is written to is there");
        own_seldom(pool).request(subpartition, free)
    }

    /// From now on so many subpartitions read a segment of this pool.
    pub fn share(&mut self, id: PoolId, segment: SegmentId, readers: u32) {
        self.pool_mut(id).share(segment, readers);
    }

    /// A segment of a pool is read.
    pub fn recycle(&mut self, id: PoolId, segment: SegmentId, subpartition: Option<u32>) -> Recycled {
        match self.pool_mut(id).recycle(segment, subpartition) {
            Ok(recycled) => recycled,
            Err(segment) => {
                self.forget_if_empty(id);
                self.give_back([segment]);
                Recycled::Settled
            }
        }
    }

    /// A segment that several subpartitions share is read by one of them. Flink counts it for subpartition 0.
    pub fn recycle_shared(&mut self, id: PoolId, segment: SegmentId) -> Recycled {
        if self.pool_mut(id).release_shared(segment) {
            self.recycle(id, segment, Some(0))
        } else {
            Recycled::Settled
        }
    }

    /// Queues a channel of a gate for the next segment that comes back to its pool. Answers whether it waits.
    pub fn add_listener(&mut self, id: PoolId, channel: u32) -> bool {
        self.pool_mut(id).add_listener(channel)
    }

    /// The channel does not wait any more.
    pub fn remove_listener(&mut self, id: PoolId, channel: u32) {
        if self.pool(id).is_some_and(LocalBufferPool::has_listeners) {
            self.pool_mut(id).remove_listener(channel);
        }
    }

    /// Gives a pool another size. Flink: `setNumBuffers`, called by the redistribution.
    pub fn set_pool_size(&mut self, id: PoolId, size: u32) {
        let segments = self.pool_mut(id).set_size(size);
        self.give_back(segments);
        let Self { pools, free, .. } = self;
        let pool = pools[id.0 as usize].as_mut().expect("it was there a line above");
        own_seldom(pool).refresh(free);
    }

    fn promise(&mut self, count: u32) -> Result<(), NetworkError> {
        let available = self.total() - self.required;
        if count > available {
            return Err(self.insufficient(count, available));
        }
        self.required += count;
        Ok(())
    }

    const fn insufficient(&self, required: u32, available: u32) -> NetworkError {
        let (total, segment_bytes) = (self.total(), self.segment_bytes);
        NetworkError::InsufficientBuffers { required, available, total, segment_bytes }
    }

    /// Spreads what is not promised over the pools that can use more, in proportion to how much more each could
    /// use. Flink: `redistributeBuffers`.
    fn redistribute(&mut self) {
        let available = u64::from(self.total() - self.required);
        let resizable: Vec<(PoolId, u32, u64)> = self
            .pools()
            .filter(|(_, pool)| !pool.is_destroyed() && pool.limits().max != Some(pool.limits().min))
            .map(|(id, pool)| {
                let PoolLimits { min, max, .. } = *pool.limits();
                let more = max.map_or(available, |max| u64::from(max - min).min(available));
                (id, min, more)
            })
            .collect();
        let wanted: u64 = resizable.iter().map(|&(_, _, more)| more).sum();
        let spread = wanted.min(available);
        let (mut seen, mut given) = (0, 0);
        for (id, min, more) in resizable {
            seen += more;
            let upto = (spread * seen).checked_div(wanted).unwrap_or(0);
            let size = min + (upto - given) as u32;
            given = upto;
            if self.pool(id).is_some_and(|pool| pool.size() != size) {
                self.set_pool_size(id, size);
            }
        }
    }

    /// Puts segments into the free list; pools that wait for one are told if there was none.
    fn give_back(&mut self, segments: impl IntoIterator<Item = SegmentId>) {
        let was_empty = self.free.len() == 0;
        self.free.returned.extend(segments);
        if !was_empty || self.free.len() == 0 {
            return;
        }
        let Self { pools, free, .. } = self;
        for pool in pools.iter_mut().flatten().filter(|pool| pool.is_waiting()) {
            own_seldom(pool).on_free_segment(free);
        }
    }

    fn forget_if_empty(&mut self, id: PoolId) {
        let place = &mut self.pools[id.0 as usize];
        if place.as_ref().is_some_and(|pool| pool.is_destroyed() && pool.requested() == 0) {
            *place = None;
        }
    }

    fn pool_mut(&mut self, id: PoolId) -> &mut LocalBufferPool {
        own_seldom(self.pools[id.0 as usize].as_mut().expect("a pool with segments out is there"))
    }
}
