//! A hash map in order of insertion, whose snapshots share what is not touched after them.
//!
//! Contract: entries stand in order of insertion; removal puts the last entry in the place of the removed one. A
//! clone costs a pointer for each page of entries; the first change of an entry after it copies the entry's page,
//! and the first entry that is added or removed the index of hashes. The caller tells whether a key is the one that is
//! sought, so that it need not have one to look for it.

use std::rc::Rc;

use super::own::{own, own_slice};

/// Entries of a full page.
const PAGE: usize = 32;

/// What entries are for.
pub trait HashedKey {
    /// Its hash, which never changes.
    fn hash(&self) -> i32;
}

/// See the module.
#[derive(Clone, Debug)]
pub struct PagedMap<K, V> {
    pages: Vec<Rc<Vec<Entry<K, V>>>>,
    index: HashIndex,
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
}

impl<K, V> Default for PagedMap<K, V> {
    fn default() -> Self {
        Self { pages: Vec::new(), index: HashIndex::default() }
    }
}

impl<K, V> PagedMap<K, V> {
    /// Number of entries.
    pub const fn len(&self) -> usize {
        self.index.len as usize
    }

    /// Whether there is no entry.
    pub const fn is_empty(&self) -> bool {
        self.index.len == 0
    }

    /// The keys that were added last, the last one first: some of them.
    pub fn newest(&self) -> impl Iterator<Item = &K> {
        self.pages.last().into_iter().flat_map(|page| page.iter().rev()).map(|entry| &entry.key)
    }

    /// The place of the key with this hash that `is_it` knows.
    #[inline(always)]
    pub fn find(&self, hash: i32, is_it: impl Fn(&K) -> bool) -> Option<u32> {
        self.index.find(hash, |place| is_it(&self.entry(place).key))
    }

    /// The entry at a place, which is less than [`Self::len`].
    #[inline]
    pub fn at(&self, place: u32) -> (&K, &V) {
        let entry = self.entry(place);
        (&entry.key, &entry.value)
    }

    #[inline(always)]
    fn entry(&self, place: u32) -> &Entry<K, V> {
        // A slice is indexed in place; to index a vector is a call where code is made small.
        &self.pages.as_slice()[place as usize / PAGE].as_slice()[place as usize % PAGE]
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.pages.iter().flat_map(|page| page.iter()).map(|entry| (&entry.key, &entry.value))
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }
}

impl<K: Clone + HashedKey, V: Clone> PagedMap<K, V> {
    /// The value at a place.
    pub fn value_mut(&mut self, place: u32) -> &mut V {
        self.value_mut_in_place(place)
    }

    /// The same where it is called for each record.
    #[inline(always)]
    pub fn value_mut_in_place(&mut self, place: u32) -> &mut V {
        let page = own(&mut self.pages.as_mut_slice()[place as usize / PAGE]);
        &mut page.as_mut_slice()[place as usize % PAGE].value
    }

    /// Adds an entry for a key that has none, and answers its place.
    pub fn push(&mut self, key: K, value: V) -> u32 {
        let place = self.index.len;
        if self.index.is_full() {
            self.index.grow(self.pages.iter().flat_map(|page| page.iter()).map(|entry| entry.key.hash()));
        }
        self.index.insert(key.hash(), place);
        if (place as usize).is_multiple_of(PAGE) {
            // A second page shows that there are many entries: it need not grow.
            let room = if place == 0 { 0 } else { PAGE };
            self.pages.push(Rc::new(Vec::with_capacity(room)));
        }
        let page = self.pages.last_mut().expect("a page with room");
        own(page).push(Entry { key, value });
        place
    }

    /// Removes the entry at a place; the last one takes the place.
    pub fn swap_remove(&mut self, place: u32) -> (K, V) {
        let last = self.index.len - 1;
        let Self { pages, index } = self;
        let hash_of =
            |place: u32| pages.as_slice()[place as usize / PAGE].as_slice()[place as usize % PAGE].key.hash();
        index.remove(place, hash_of);
        let mut entry = own(pages.last_mut().expect("a map with entries")).pop().expect("no page is empty");
        if (last as usize).is_multiple_of(PAGE) {
            pages.pop();
        }
        if place < last {
            index.replace(entry.key.hash(), last, place);
            std::mem::swap(&mut own(&mut pages[place as usize / PAGE])[place as usize % PAGE], &mut entry);
        }
        (entry.key, entry.value)
    }
}

/// Places by hash: open addressing with steps of one. A slot is one word, so that many of them are near: its low bits, as
/// many as tell the slots apart, are a place, and those above them are the same bits of the mixed hash, so that what is
/// not sought is passed by without a look at it, and its home is mostly known.
#[derive(Clone, Debug, Default)]
struct HashIndex {
    /// A power of two of them, or none.
    slots: Rc<[u32]>,
    len: u32,
}

/// No place has all bits set: there are fewer entries than slots.
const FREE: u32 = u32::MAX;
const SLOTS_MIN: usize = 4;

impl HashIndex {
    #[inline(always)]
    fn find(&self, hash: i32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let slot = find_slot(&self.slots, hash, is_it)?;
        Some(self.slots[slot] & (self.slots.len() as u32 - 1))
    }

    /// Whether it must grow before another one is added: a quarter stays free.
    fn is_full(&self) -> bool {
        (self.len as usize + 1) * 4 > self.slots.len() * 3
    }

    /// Makes room. The hashes are those of all places, in order.
    fn grow(&mut self, hashes: impl Iterator<Item = i32>) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        self.slots = [FREE].repeat(size).into();
        let slots = own_slice(&mut self.slots);
        (0..).zip(hashes).for_each(|(place, hash)| put(slots, hash, place));
    }

    fn insert(&mut self, hash: i32, place: u32) {
        put(own_slice(&mut self.slots), hash, place);
        self.len += 1;
    }

    fn remove(&mut self, place: u32, hash_of: impl Fn(u32) -> i32) {
        let slots = own_slice(&mut self.slots);
        let mask = slots.len() as u32 - 1;
        let mut hole = find_slot(slots, hash_of(place), |other| other == place).expect("a place of an entry");
        // What follows without a gap moves up, but for what would come before its home.
        let mut next = step(hole, mask);
        while slots[next] != FREE {
            let is_known = mask.leading_zeros() >= mask.count_ones();
            let mixed = if is_known { slots[next] } else { mixed(hash_of(slots[next] & mask)) };
            let from_home = (next as u32).wrapping_sub(home(mixed, mask) as u32) & mask;
            if from_home >= (next as u32).wrapping_sub(hole as u32) & mask {
                slots[hole] = slots[next];
                hole = next;
            }
            next = step(next, mask);
        }
        slots[hole] = FREE;
        self.len -= 1;
    }

    fn replace(&mut self, hash: i32, before: u32, after: u32) {
        let slots = own_slice(&mut self.slots);
        let slot = find_slot(slots, hash, |other| other == before).expect("a place of an entry");
        slots[slot] ^= before ^ after;
    }
}

fn put(slots: &mut [u32], hash: i32, place: u32) {
    let (mask, mixed) = (slots.len() as u32 - 1, mixed(hash));
    let mut at = home(mixed, mask);
    while slots[at] != FREE {
        at = step(at, mask);
    }
    slots[at] = mixed & !mask | place;
}

#[inline(always)]
fn find_slot(slots: &[u32], hash: i32, is_it: impl Fn(u32) -> bool) -> Option<usize> {
    let mask = slots.len().checked_sub(1)? as u32;
    let mixed = mixed(hash);
    let mut at = home(mixed, mask);
    while slots[at] != FREE {
        if (slots[at] ^ mixed) & !mask == 0 && is_it(slots[at] & mask) {
            return Some(at);
        }
        at = step(at, mask);
    }
    None
}

#[inline(always)]
const fn step(slot: usize, mask: u32) -> usize {
    (slot + 1) & mask as usize
}

/// The highest bits, as many as tell the slots apart.
#[inline(always)]
const fn home(mixed: u32, mask: u32) -> usize {
    (mixed >> mask.leading_zeros()) as usize
}

/// Java's hash codes are dense in their low bits: the upper half of the product has all of them mixed.
#[inline(always)]
const fn mixed(hash: i32) -> u32 {
    let product = (hash as u32 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (product >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::prng::Prng;

    /// Many keys share a hash.
    impl HashedKey for u64 {
        fn hash(&self) -> i32 {
            (self % 37) as i32
        }
    }

    fn find(map: &PagedMap<u64, u64>, key: u64) -> Option<u32> {
        map.find(key.hash(), |other| *other == key)
    }

    #[test]
    fn it_does_what_a_list_of_pairs_does() {
        let mut dice = Prng::new(1);
        let (mut map, mut pairs) = (PagedMap::default(), Vec::<(u64, u64)>::new());
        for value in 0..3000 {
            let key = dice.next_u64() % 150;
            let at = pairs.iter().position(|pair| pair.0 == key);
            assert_eq!(find(&map, key).map(|place| place as usize), at);
            match (at, dice.next_u64().is_multiple_of(2)) {
                (None, _) => {
                    assert_eq!(map.push(key, value) as usize, pairs.len());
                    pairs.push((key, value));
                }
                (Some(at), true) => assert_eq!(map.swap_remove(at as u32), pairs.swap_remove(at)),
                (Some(at), false) => {
                    *map.value_mut(at as u32) = value;
                    pairs[at].1 = value;
                }
            }
            assert_eq!(map.len(), pairs.len());
            assert!(map.iter().map(|(key, value)| (*key, *value)).eq(pairs.iter().copied()));
        }
    }

    #[test]
    fn many_are_found_while_others_go() {
        let mut map = PagedMap::default();
        for key in 0..60_000 {
            assert_eq!(map.push(Many(key), key), key as u32);
        }
        for key in 0..60_000 {
            let place = map.find(Many(key).hash(), |other| other.0 == key).expect("it is there");
            assert_eq!(map.swap_remove(place).1, key);
        }
        assert!(map.is_empty());
    }

    #[derive(Clone)]
    struct Many(i32);

    impl HashedKey for Many {
        fn hash(&self) -> i32 {
            self.0
        }
    }

    #[test]
    fn a_snapshot_shares_the_pages_that_are_not_touched() {
        let mut map = PagedMap::default();
        for key in 0..100 {
            map.push(key, 0);
        }
        let snapshot = map.clone();
        *map.value_mut(40) = 1;
        let shared = map.pages.iter().zip(&snapshot.pages).map(|(a, b)| Rc::ptr_eq(a, b));
        assert_eq!(shared.collect::<Vec<_>>(), [true, false, true, true]);
        assert!(Rc::ptr_eq(&map.index.slots, &snapshot.index.slots));
        map.swap_remove(0);
        assert_eq!((map.at(0), snapshot.at(0)), ((&99, &0), (&0, &0)));
        assert_eq!((snapshot.len(), snapshot.at(40)), (100, (&40, &0)));
        assert_eq!((find(&map, 0), find(&snapshot, 0)), (None, Some(0)));
    }
}
