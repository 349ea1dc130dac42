//! What a sink must have got, and how what it got differs from that.

use std::collections::BTreeMap;

use crate::dice::mix;
use crate::item::Item;

/// What a sink must have got at the end of the job.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// These lines, so often each, in any order. Long lines stand here by their beginning and a hash.
    Exactly(BTreeMap<String, u32>),
    /// So many lines of pairs, and of each key this one as the greatest or the least.
    LastOfKey { extreme: Extreme, last: BTreeMap<i64, i64>, lines: usize },
}

/// Which of a key's running results is its last.
#[derive(Clone, Copy, Debug)]
pub enum Extreme {
    Greatest,
    Least,
}

impl Expectation {
    /// A line for each of these records.
    pub fn exactly(items: &[Item]) -> Self {
        let mut lines = BTreeMap::new();
        for item in items {
            *lines.entry(shortened(&item.to_value().to_string())).or_insert(0) += 1;
        }
        Self::Exactly(lines)
    }

    /// For the job's outline.
    pub fn in_words(&self) -> String {
        match self {
            Self::Exactly(lines) => format!("{} lines", lines.values().sum::<u32>()),
            Self::LastOfKey { last, lines, .. } => format!("{lines} lines of {} keys", last.len()),
        }
    }

    /// What is wrong with what the sink got. Of a job that did not finish (`is_whole` is false) a part of the
    /// lines may be missing.
    pub fn difference<'a>(&self, got: impl Iterator<Item = &'a str>, is_whole: bool) -> Option<String> {
        match self {
            Self::Exactly(expected) => differs(expected, got, is_whole),
            Self::LastOfKey { extreme, last, lines } => {
                let got: Vec<(i64, i64)> = got.map(pair_in).collect();
                if got.len() > *lines || (is_whole && got.len() != *lines) {
                    return Some(format!("{} lines, and {lines} were to come", got.len()));
                }
                is_whole.then(|| differs_at_last(*extreme, last, &got)).flatten()
            }
        }
    }
}

fn differs<'a>(
    expected: &BTreeMap<String, u32>,
    got: impl Iterator<Item = &'a str>,
    is_whole: bool,
) -> Option<String> {
    let mut left = expected.clone();
    let (mut surplus, mut examples) = (0, Vec::new());
    for line in got.map(shortened) {
        match left.get_mut(&line) {
            Some(times) if *times > 0 => *times -= 1,
            _ => {
                surplus += 1;
                examples.push(format!("too much: {line}"));
            }
        }
    }
    let missing: u32 = left.values().sum();
    if surplus == 0 && (missing == 0 || !is_whole) {
        return None;
    }
    examples.truncate(3);
    let lost = left.iter().filter(|&(_, &times)| times > 0 && is_whole);
    examples.extend(lost.take(3).map(|(line, times)| format!("missing {times} times: {line}")));
    Some(format!("{surplus} lines too much, {missing} missing\n  {}", examples.join("\n  ")))
}

fn differs_at_last(extreme: Extreme, last: &BTreeMap<i64, i64>, got: &[(i64, i64)]) -> Option<String> {
    let mut found: BTreeMap<i64, i64> = BTreeMap::new();
    for &(key, number) in got {
        let entry = found.entry(key).or_insert(number);
        *entry = match extreme {
            Extreme::Greatest => number.max(*entry),
            Extreme::Least => number.min(*entry),
        };
    }
    let wrong = last.iter().find(|&(key, number)| found.get(key) != Some(number));
    match wrong {
        Some((key, number)) => {
            Some(format!("key {key} ends with {:?}, and {number} was to come", found.get(key)))
        }
        None if found.len() != last.len() => Some("there are keys that no record has".to_owned()),
        None => None,
    }
}

/// A line, or the beginning of a long one, its length and a hash of it.
fn shortened(line: &str) -> String {
    const LETTERS_MAX: usize = 60;
    if line.len() <= LETTERS_MAX {
        return line.to_owned();
    }
    let hash = line.as_bytes().chunks(8).fold(0, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(hash, u64::from_le_bytes(word))
    });
    let start: String = line.chars().take(30).collect();
    format!("{start}… {} bytes, hash {hash:016x}", line.len())
}

/// The numbers of `(key,number)`.
fn pair_in(line: &str) -> (i64, i64) {
    let numbers = line.trim_start_matches('(').trim_end_matches(')').split_once(',');
    let pair = numbers.and_then(|(key, number)| Some((key.parse().ok()?, number.parse().ok()?)));
    pair.unwrap_or_else(|| panic!("{line:?} is no pair of numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_doubled_and_foreign_lines_are_told() {
        let items: Vec<Item> = (0..4).map(|number| Item { key: 1, number, padding: 90 }).collect();
        let lines: Vec<String> = items.iter().map(|item| item.to_value().to_string()).collect();
        let expected = Expectation::exactly(&items);
        let difference = |lines: &[&str], is_whole| expected.difference(lines.iter().copied(), is_whole);
        let [a, b, c, d] = [0, 1, 2, 3].map(|n| lines[n].as_str());
        assert_eq!(difference(&[d, a, c, b], true), None);
        assert!(
            difference(&[a, b, c], true).expect("one is missing").contains("0 lines too much, 1 missing")
        );
        assert_eq!(difference(&[a, b, c], false), None, "a part is enough for a job that was cancelled");
        assert!(difference(&[a, b, c, c], false).expect("one came twice").contains("too much: (1,2"));
    }

    #[test]
    fn the_last_of_a_key_counts() {
        let last = BTreeMap::from([(1, 9), (2, 4)]);
        let expected = Expectation::LastOfKey { extreme: Extreme::Greatest, last, lines: 3 };
        let difference = |lines: [&str; 3]| expected.difference(lines.into_iter(), true);
        assert_eq!(difference(["(1,9)", "(1,3)", "(2,4)"]), None);
        assert_eq!(
            difference(["(1,9)", "(1,3)", "(2,5)"]).as_deref(),
            Some("key 2 ends with Some(5), and 4 was to come")
        );
    }
}
