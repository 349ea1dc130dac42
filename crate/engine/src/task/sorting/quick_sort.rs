//! Flink's quicksort, step by step: it is not stable, and in which order equal records come can be seen.
//!
//! Contract: the result is sorted, and equal records stand in the order in which Flink's sorter leaves them, as
//! long as all are in memory. Twelve or fewer keep the order in which they came. Flink: `QuickSort`.

use super::record::SortRecord;
use std::cmp::Ordering::{Equal, Greater, Less};

use crate::base::sort;

/// Fewer than this are sorted by insertion.
const INSERTION_MAX: usize = 13;

/// Sorts records as Flink does.
pub fn quick_sort(records: &mut [SortRecord]) {
    let levels = usize::BITS - records.len().saturating_sub(1).leading_zeros();
    sort(records, 4 * levels);
}

fn sort(mut records: &mut [SortRecord], mut depth: u32) {
    while records.len() >= INSERTION_MAX {
        if depth == 0 {
            // Flink gives up, too, and sorts by a heap. No input that is not made for it comes here.
            sort::sort_by(records, SortRecord::order);
            return;
        }
        depth -= 1;
        let (less, greater) = divide(records);
        let (left, rest) = records.split_at_mut(less);
        let right = &mut rest[greater - less..];
        let (smaller, larger) = if left.len() < right.len() { (left, right) } else { (right, left) };
        sort(smaller, depth);
        records = larger;
    }
    for end in 1..records.len() {
        let mut place = end;
        while place > 0 && records[place - 1].order(&records[place]) == Greater {
            records.swap(place - 1, place);
            place -= 1;
        }
    }
}

fn put_in_order(records: &mut [SortRecord], first: usize, second: usize) {
    if records[first].order(&records[second]) == Greater {
        records.swap(first, second);
    }
}

/// Puts what is less than the median of three before what equals it, and what is greater behind. Answers where
/// those that equal it begin and end.
fn divide(records: &mut [SortRecord]) -> (usize, usize) {
    let (middle, last) = (records.len() / 2, records.len() - 1);
    put_in_order(records, middle, 0);
    put_in_order(records, middle, last);
    put_in_order(records, 0, last);
    // The pivot is the first. Those equal to it gather at both ends: up to `equal_left`, and from `equal_right`.
    let (mut from, mut to) = (0, records.len());
    let (mut equal_left, mut equal_right) = (0, records.len());
    loop {
        from += 1;
        while from < to {
            match records[from].order(&records[0]) {
                Greater => break,
                Equal => {
                    equal_left += 1;
                    records.swap(equal_left, from);
                }
                Less => {}
            }
            from += 1;
        }
        to -= 1;
        while to > from {
            match records[0].order(&records[to]) {
                Greater => break,
                Equal => {
                    equal_right -= 1;
                    records.swap(equal_right, to);
                }
                Less => {}
            }
            to -= 1;
        }
        if from >= to {
            break;
        }
        records.swap(from, to);
    }
    let (mut less, mut greater) = (from, from);
    for equal in (0..=equal_left).rev() {
        less -= 1;
        records.swap(equal, less);
    }
    for equal in equal_right..records.len() {
        records.swap(equal, greater);
        greater += 1;
    }
    (less, greater)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorts records of these keys; answers their places before, where they come to stand.
    fn order_of(keys: &[u8]) -> Vec<u8> {
        let mut records: Vec<SortRecord> =
            (0..).zip(keys).map(|(place, &key)| SortRecord::new(&[key], 0, &[place])).collect();
        quick_sort(&mut records);
        assert!(records.windows(2).all(|pair| pair[0].order(&pair[1]) != Greater), "{keys:?}");
        records.iter().map(|record| record.element()[0]).collect()
    }

    /// What Flink 2.3.0 made of 0 to 59, keyed by `7 n % 5`, in batch.
    #[test]
    fn equal_ones_come_as_in_flink() {
        let keys: Vec<u8> = (0..60_u16).map(|number| (number * 7 % 5) as u8).collect();
        let expected = [
            0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 38, 53, 58, 33, 28, 8, 18, 3, 48, 13, 43, 23, 11,
            51, 16, 21, 26, 31, 36, 56, 41, 46, 1, 6, 59, 14, 44, 19, 4, 29, 54, 49, 24, 9, 34, 39, 12, 37,
            7, 17, 42, 22, 57, 47, 2, 32, 27, 52,
        ];
        assert_eq!(order_of(&keys), expected);
        assert_eq!(order_of(&[1; 20]), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn all_are_sorted() {
        for length in 0..60_u8 {
            for step in 1..40_u8 {
                let keys: Vec<u8> = (0..length).map(|place| place.wrapping_mul(step) % 11).collect();
                let mut places = order_of(&keys);
                places.sort_unstable();
                assert_eq!(places, (0..length).collect::<Vec<_>>());
            }
        }
    }
}
