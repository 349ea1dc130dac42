//! Sorting what is short: a few instructions for each type, where the library's sorts are thousands.

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
    fn equals_keep_their_order() {
        let mut items = [(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        sort_few_by_key(&mut items, |item| item.0);
        assert_eq!(items.map(|item| item.1), ['d', 'b', 'e', 'a', 'c']);
    }
}
