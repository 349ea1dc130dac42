//! The order in which Java's hash tables give what they hold, where results depend on it.
//!
//! Flink: `java.util.HashMap` and `HashSet` wherever it iterates over one.

use crate::base::sort;

/// The order in which a `HashSet` gives what was added to it in this order.
pub fn in_order_of_hash_codes<T: Copy>(items: &[T], hash_code: impl Fn(T) -> i32) -> Vec<T> {
    let mut buckets: u32 = 16;
    while items.len() as u32 > buckets / 4 * 3 {
        buckets *= 2;
    }
    let bucket_of = |item: T| {
        let hash = hash_code(item) as u32;
        (hash ^ (hash >> 16)) & (buckets - 1)
    };
    // What shares a bucket keeps its order.
    let mut order: Vec<u64> =
        (0..).zip(items).map(|(place, &item): (u64, _)| u64::from(bucket_of(item)) << 32 | place).collect();
    sort::sort(&mut order);
    order.into_iter().map(|place| items[place as u32 as usize]).collect()
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
