//! The times that an operator gives to records, and those that the outside wants them to bear instead.
//!
//! Contract: records are counted as they are given a time, from 0 on, in an attempt that is restored from where the
//! snapshot had come to: a record that is read again keeps its number. Who listens is told of each; in a run nobody
//! does, and it costs a count.

use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;
use std::rc::Rc;

/// A record that was given a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Processing time, ms since 1970.
    pub at: i64,
    pub record: u64,
    pub timestamp: i64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Assignments {
    count: u64,
    edits: Option<Rc<SortedMap<u64, i64>>>,
    heard: Option<Vec<Assigned>>,
}

impl Assignments {
    /// The next record would bear `timestamp`: answers what it bears.
    #[inline(always)]
    pub fn next(&mut self, timestamp: i64, at: i64) -> i64 {
        let record = self.count;
        self.count += 1;
        let timestamp = match &self.edits {
            Some(edits) => edits.get(&record).copied().unwrap_or(timestamp),
            None => timestamp,
        };
        if let Some(heard) = &mut self.heard {
            heard.push(Assigned { at, record, timestamp });
        }
        timestamp
    }

    /// Records that were given a time so far.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// So many were given one before the snapshot that the subtask is restored from.
    pub const fn restore(&mut self, count: u64) {
        self.count = count;
    }

    /// From now on this record bears this time.
    pub fn edit(&mut self, record: u64, timestamp: i64) {
        own_seldom(self.edits.get_or_insert_default()).insert(record, timestamp);
    }

    /// From now on notes what it gives.
    pub fn listen(&mut self) {
        self.heard.get_or_insert_default();
    }

    /// What was given since somebody listened.
    pub fn heard(&self) -> &[Assigned] {
        self.heard.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_record_bears_its_new_time() {
        let mut assignments = Assignments::default();
        assignments.edit(1, 77);
        assert_eq!([5, 6, 7].map(|time| assignments.next(time, 0)), [5, 77, 7]);
        assert!(assignments.heard().is_empty());
        assignments.listen();
        assignments.next(8, 2);
        assert_eq!(assignments.heard(), [Assigned { at: 2, record: 3, timestamp: 8 }]);
    }
}
