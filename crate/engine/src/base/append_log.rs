//! A log that only grows, whose snapshots share all but its newest entries.

use std::rc::Rc;

/// Entries of a full chunk.
const CHUNK: usize = 256;

/// An append-only list; cloning it costs a pointer per 256 entries and a copy of the last ones.
#[derive(Clone, Debug)]
pub struct AppendLog<T> {
    chunks: Vec<Rc<Vec<T>>>,
    tail: Vec<T>,
}

impl<T> Default for AppendLog<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> AppendLog<T> {
    /// An empty log.
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), tail: Vec::new() }
    }

    /// Adds an entry at the end.
    pub fn push(&mut self, entry: T) {
        self.tail.push(entry);
        if self.tail.len() == CHUNK {
            self.chunks.push(Rc::new(std::mem::take(&mut self.tail)));
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.chunks.len() * CHUNK + self.tail.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry with this number, from 0.
    pub fn get(&self, number: usize) -> Option<&T> {
        match self.chunks.get(number / CHUNK) {
            Some(chunk) => chunk.get(number % CHUNK),
            None => self.tail.get(number.checked_sub(self.chunks.len() * CHUNK)?),
        }
    }

    /// The entries from number `from` on.
    pub fn iter_from(&self, from: usize) -> impl Iterator<Item = &T> {
        (from..self.len()).filter_map(|number| self.get(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_does_not_see_what_comes_after() {
        let mut log = AppendLog::default();
        for n in 0..300 {
            log.push(n);
        }
        let snapshot = log.clone();
        for n in 300..600 {
            log.push(n);
        }
        assert_eq!(snapshot.len(), 300);
        assert_eq!(snapshot.iter_from(254).copied().collect::<Vec<_>>(), (254..300).collect::<Vec<_>>());
        assert_eq!(log.iter_from(0).copied().collect::<Vec<_>>(), (0..600).collect::<Vec<_>>());
        assert_eq!(log.get(600), None);
    }
}
