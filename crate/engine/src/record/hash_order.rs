//! The order in which Java's hash tables give what they hold, where results depend on it.
//!
//! Flink: `java.util.HashMap` and `HashSet` wherever it iterates over one; `CopyOnWriteStateMap`.

use crate::base::sort;

/// The order in which a `HashSet` gives what was added to it in this order.
pub fn in_order_of_hash_codes<T: Copy>(items: &[T], hash_code: impl Fn(T) -> i32) -> Vec<T> {
    let order = hash_map_order(&mut items.iter().map(|&item| hash_code(item)), 0);
    order.into_iter().map(|place| items[place as u32 as usize]).collect()
}

/// In the lower half of each: the places of keys of these hash codes in the order of a `HashMap` in which there were so
/// many entries at `most`: it does not shrink.
pub fn hash_map_order(hash_codes: &mut dyn Iterator<Item = i32>, most: u32) -> Vec<u64> {
    let spread = |hash: i32| hash as u32 ^ (hash as u32 >> 16);
    order_of(&hash_codes.map(spread).collect::<Vec<_>>(), 16, most)
}

/// In the lower half of each: the places of these hashes in the order of a table that has so many buckets at least, and
/// held so many entries at `most`. What shares a bucket keeps its order.
pub fn order_of(hashes: &[u32], mut buckets: u32, most: u32) -> Vec<u64> {
    while most.max(hashes.len() as u32) > buckets / 4 * 3 {
        buckets *= 2;
    }
    let bucket_of = |hash: u32| u64::from(hash & (buckets - 1)) << 32;
    let mut order: Vec<u64> =
        (0..).zip(hashes).map(|(place, &hash): (u64, _)| bucket_of(hash) | place).collect();
    sort::sort(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_come_in_their_order_and_start_anew_each_sixteen() {
        let identity = |item: i32| item;
        assert_eq!(in_order_of_hash_codes(&[17, 3, 16, 1, 0], identity), [16, 0, 17, 1, 3]);
        let many: Vec<i32> = (0..20).rev().collect();
        assert_eq!(in_order_of_hash_codes(&many, identity), (0..20).collect::<Vec<_>>());
    }
}
