//! The write buffer: what was done to keys since the last run, in the order of the keys.
//!
//! Contract: a key is there once. It is in pages, so that a key in the middle moves a page's keys and no others, and a
//! clone shares the pages that are not written to. RocksDB: a memtable, which is a skip list.

use std::rc::Rc;

use super::run::Slot;
use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;

/// Keys of a page; one that has more is cut in two.
const PAGE_MAX: usize = 128;

type Page = SortedMap<Rc<[u8]>, Slot>;

/// See the module. No page is empty.
#[derive(Clone, Debug, Default)]
pub struct WriteBuffer {
    pages: Vec<Rc<Page>>,
    len: usize,
}

impl WriteBuffer {
    /// How many keys there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What was done to a key.
    pub fn get(&self, key: &[u8]) -> Option<&Slot> {
        self.pages.get(self.page_of(key))?.get(key)
    }

    /// Something is done to a key. Answers whether it is new.
    pub fn apply(&mut self, key: &[u8], slot: Slot) -> bool {
        let place = self.page_of(key);
        if self.pages.is_empty() {
            self.pages.push(Rc::default());
        }
        let page = own_seldom(&mut self.pages[place]);
        if let Some(before) = page.get_mut(key) {
            *before = before.then(&slot);
            return false;
        }
        page.insert(key.into(), slot);
        self.len += 1;
        if page.len() > PAGE_MAX {
            let middle = page.keys().nth(PAGE_MAX / 2).cloned();
            let upper = page.split_off(&middle.expect("it has more keys"));
            self.pages.insert(place + 1, Rc::new(upper));
        }
        true
    }

    /// All from a key on, in order.
    pub fn from(&self, key: &[u8]) -> impl Iterator<Item = (&Rc<[u8]>, &Slot)> {
        let first = Rc::<[u8]>::from(key);
        self.pages[self.page_of(key)..].iter().flat_map(move |page| page.range(Rc::clone(&first)..))
    }

    /// The page that has a key, or would have it.
    fn page_of(&self, key: &[u8]) -> usize {
        let begins_before =
            |page: &Rc<Page>| page.first_key_value().is_some_and(|(first, _)| **first <= *key);
        self.pages.partition_point(begins_before).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::prng::Prng;
    use crate::state::lsm::Change;
    use std::collections::BTreeMap;

    #[test]
    fn it_holds_what_a_sorted_map_holds() {
        let (mut buffer, mut expected) = (WriteBuffer::default(), BTreeMap::new());
        let mut random = Prng::new(1);
        assert_eq!((buffer.get(b"a"), buffer.from(b"").count()), (None, 0));
        for n in 0..3000_u32 {
            let key = random.below(2000).to_be_bytes();
            let slot = Slot { change: Change::Put, bytes: n.to_be_bytes().as_slice().into() };
            assert_eq!(buffer.apply(&key, slot.clone()), expected.insert(key, slot).is_none());
        }
        assert!(buffer.pages.len() > 10 && buffer.len() == expected.len());
        for start in [0_u32, 1, 777, 1999, 5000] {
            let start = start.to_be_bytes();
            let found: Vec<(&[u8], &Slot)> = buffer.from(&start).map(|(key, slot)| (&**key, slot)).collect();
            let all: Vec<(&[u8], &Slot)> =
                expected.range(start..).map(|(key, slot)| (key.as_slice(), slot)).collect();
            assert_eq!(found, all);
            assert_eq!(buffer.get(&start), expected.get(&start));
        }
    }
}
