//! Sorting in a few instructions for each type, where the library's sorts are thousands: what compares places is
//! compiled once, and just the moving of items for each type.

use std::cmp::Ordering;

/// Memory of a sort that is done again and again.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    order: Vec<u32>,
    merged: Vec<u32>,
}

/// Sorts, keeping the order of equals.
pub fn sort_by<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    sort_within(&mut Scratch::default(), items, compare);
}

/// Sorts by a key, keeping the order of equals.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts, keeping the order of equals.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// The same without taking memory, where there was a sort of as much before.
pub fn sort_within<T>(scratch: &mut Scratch, items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    scratch
        .sort(items.len(), &mut |a, b| compare(&items[a as usize], &items[b as usize]) == Ordering::Greater);
    let order = &mut scratch.order[..];
    for start in 0..order.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at as u32) as usize;
            if from == start {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

impl Scratch {
    /// Finds the order of so many items by merging runs of 1, 2, 4, …; what is in order already is not moved.
    fn sort(&mut self, len: usize, is_after: &mut dyn FnMut(u32, u32) -> bool) {
        self.order.clear();
        self.order.extend(0..len as u32);
        let mut width = 1;
        while width < len {
            for start in (0..len - width).step_by(2 * width) {
                let (middle, end) = (start + width, (start + 2 * width).min(len));
                if is_after(self.order[middle - 1], self.order[middle]) {
                    self.merge(start, middle, end, is_after);
                }
            }
            width *= 2;
        }
    }

    fn merge(&mut self, start: usize, middle: usize, end: usize, is_after: &mut dyn FnMut(u32, u32) -> bool) {
        self.merged.clear();
        let (mut left, mut right) = (start, middle);
        while left < middle && right < end {
            let from = if is_after(self.order[left], self.order[right]) { &mut right } else { &mut left };
            self.merged.push(self.order[*from]);
            *from += 1;
        }
        self.order.copy_within(left..middle, start + self.merged.len());
        self.order[start..start + self.merged.len()].copy_from_slice(&self.merged);
    }
}

/// Sorts by a key, keeping the order of equals. For lists that are short or nearly sorted: it takes a step for each
/// pair that is in the wrong order.
pub fn sort_few_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && key(&items[at - 1]) > key(&items[at]) {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_becomes_sorted_and_equals_keep_theirs() {
        let mut prng = crate::base::prng::Prng::new(7);
        let mut scratch = Scratch::default();
        for len in 0..200 {
            let items: Vec<(u32, u32)> = (0..len).map(|at| (prng.below(1 + len / 2), at)).collect();
            let mut sorted = items.clone();
            sort_by_key(&mut sorted, |item| item.0);
            assert!(sorted.is_sorted(), "{items:?} became {sorted:?}");
            let mut again = items;
            sort_within(&mut scratch, &mut again, |a, b| b.cmp(a));
            again.reverse();
            assert_eq!(again, sorted);
        }
    }

    #[test]
    fn equals_keep_their_order() {
        let mut items = [(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        sort_few_by_key(&mut items, |item| item.0);
        assert_eq!(items.map(|item| item.1), ['d', 'b', 'e', 'a', 'c']);
    }
}
