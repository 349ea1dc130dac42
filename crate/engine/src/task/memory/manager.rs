//! The managed memory of a slot: pages that operators sort and cache in.
//!
//! Contract: what all owners hold is never more than there is; an owner that ends gives everything back. There
//! are no bytes behind a page: an operator that holds one counts what it puts there.
//! Flink: `MemoryManager` (one for each slot, as `TaskSlot` makes them), `UnsafeMemoryBudget`.

use crate::base::ordered::SortedMap;
use std::fmt;

use crate::base::ids::TaskId;

/// See the module.
#[derive(Clone, Debug)]
pub struct MemoryManager {
    page_bytes: u32,
    pages: u32,
    free: u32,
    by_owner: SortedMap<TaskId, u32>,
}

/// There are fewer pages than asked for. Flink: `MemoryAllocationException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryAllocationError {
    pub requested: u32,
    pub free: u32,
    pub page_bytes: u32,
}

impl MemoryManager {
    /// One whose pages are all free.
    pub const fn new(pages: u32, page_bytes: u32) -> Self {
        Self { page_bytes, pages, free: pages, by_owner: SortedMap::new() }
    }

    /// Size of a page in bytes.
    pub const fn page_bytes(&self) -> u32 {
        self.page_bytes
    }

    /// Pages in all.
    pub const fn pages(&self) -> u32 {
        self.pages
    }

    /// Pages that nobody holds.
    pub const fn free(&self) -> u32 {
        self.free
    }

    /// Pages that a task holds.
    pub fn held_by(&self, owner: TaskId) -> u32 {
        self.by_owner.get(&owner).copied().unwrap_or(0)
    }

    /// The pages of an operator that may use `part` of `whole` of the slot's memory; parts are the weights that
    /// the operators of the slot declare. Flink: `MemoryManager#computeNumberOfPages`.
    pub fn pages_of_share(&self, part: u32, whole: u32) -> u32 {
        assert!(part <= whole && whole > 0, "{part} of {whole} is no share");
        (u64::from(self.pages) * u64::from(part) / u64::from(whole)) as u32
    }

    /// Gives a task so many pages, all or none.
    pub fn allocate(&mut self, owner: TaskId, pages: u32) -> Result<(), MemoryAllocationError> {
        if pages > self.free {
            return Err(MemoryAllocationError {
                requested: pages,
                free: self.free,
                page_bytes: self.page_bytes,
            });
        }
        if pages > 0 {
            self.free -= pages;
            *self.by_owner.entry(owner).or_default() += pages;
        }
        Ok(())
    }

    /// Takes so many pages back.
    pub fn release(&mut self, owner: TaskId, pages: u32) {
        let held = self.held_by(owner);
        assert!(held >= pages, "task {owner} gives back {pages} pages and holds {held}");
        if held == pages {
            self.by_owner.remove(&owner);
        } else {
            self.by_owner.insert(owner, held - pages);
        }
        self.free += pages;
    }

    /// Takes all pages of a task back, and answers how many they were. Flink: `MemoryManager#releaseAll`.
    pub fn release_all(&mut self, owner: TaskId) -> u32 {
        let held = self.held_by(owner);
        self.release(owner, held);
        held
    }
}

impl fmt::Display for MemoryAllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = |pages: u32| u64::from(pages) * u64::from(self.page_bytes);
        write!(
            f,
            "Could not allocate {} pages. Caused by: Could not allocate {} bytes, only {} bytes are remaining. This \
             usually indicates that you are requesting more memory than you have reserved.",
            self.requested,
            bytes(self.requested),
            bytes(self.free)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_given_out_once_and_come_back() {
        let mut memory = MemoryManager::new(16, 32 * 1024);
        let (sorter, other) = (TaskId(3), TaskId(5));
        assert_eq!(memory.pages_of_share(1, 3), 5);
        assert_eq!(memory.allocate(sorter, 10), Ok(()));
        assert_eq!(memory.allocate(other, 4), Ok(()));
        let error = memory.allocate(other, 3).expect_err("two are left");
        assert_eq!(
            error.to_string(),
            "Could not allocate 3 pages. Caused by: Could not allocate 98304 bytes, only 65536 bytes are remaining. \
             This usually indicates that you are requesting more memory than you have reserved."
        );
        assert_eq!((memory.held_by(other), memory.free()), (4, 2), "all or none");
        memory.release(sorter, 1);
        assert_eq!(memory.allocate(other, 3), Ok(()));
        assert_eq!(
            (memory.release_all(sorter), memory.release_all(other), memory.release_all(other)),
            (9, 7, 0)
        );
        assert_eq!(memory.free(), memory.pages());
    }
}
