//! Ordered maps and sets that are made one entry at a time: the same as `collect`, which brings a sort for each type,
//! thousands of instructions.

use std::collections::{BTreeMap, BTreeSet};

/// A map of these entries; of equal keys the last one counts.
pub fn map_of<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// A set of these items.
pub fn set_of<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for item in items {
        set.insert(item);
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_and_sets_are_those_that_are_collected() {
        let entries = [(3, 'c'), (1, 'a'), (3, 'd'), (2, 'b')];
        assert_eq!(map_of(entries), entries.into_iter().collect());
        assert_eq!(set_of(entries), entries.into_iter().collect());
    }
}
