//! What happened to event time in one operator of one subtask: the watermark's steps, each record that an operator
//! with windows, intervals or timers took, and what became of these.
//!
//! Contract: nothing is decided by it; it is for looking at. It keeps the newest entries, and knows how many came
//! before them. Of the records of one ms it takes no more than can be told apart, and counts the others. A clone
//! costs a pointer for 128 entries and a copy of the last ones.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::base::own::own_seldom;
use crate::graph::windowing::TimeDomain;
use crate::record::Value;
use crate::state::namespace::Window;

/// Entries of a full chunk.
const CHUNK: usize = 128;
/// Full chunks that are kept.
const CHUNKS_MAX: usize = 64;
/// Records of one ms that are told of.
const RECORDS_PER_MS_MAX: u32 = 16;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The watermark had not passed the end of any of its windows.
    OnTime,
    /// It had, but a window was still kept, for the sake of the allowed lateness.
    Allowed,
    /// Too late for all its windows: it went to the late side output.
    ToSide,
    /// No window took it, nor a side output: too late, or its assigner had no window for it.
    Dropped,
}

impl Fate {
    /// All fates; a fate's place is its number.
    pub const ALL: [Self; 4] = [Self::OnTime, Self::Allowed, Self::ToSide, Self::Dropped];
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeFact {
    /// The operator's watermark rose.
    Watermark(i64),
    /// A record was taken; its parts in windows are told before it. No timestamp: `None`.
    Record { key: Value, timestamp: Option<i64>, fate: Fate },
    /// A record was added to a window.
    Added { key: Value, window: Window },
    /// A window became part of a greater one.
    Merged { key: Value, window: Window, into: Window },
    /// A window was computed.
    Fired { key: Value, window: Window },
    /// A window was forgotten, with all that it held.
    Cleared { key: Value, window: Window },
    /// A record waits for those of another stream whose times lie in this interval; each that it is joined with is
    /// added to it.
    Opened { key: Value, window: Window },
    /// A timer of a function.
    Timer { key: Value, domain: TimeDomain, timestamp: i64, what: TimerChange },
}

/// What became of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerChange {
    Set,
    Fired,
    Deleted,
}

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeEvent {
    /// Processing time, ms since 1970.
    pub at: i64,
    pub fact: TimeFact,
}

impl TimeEvent {
    /// Whether it tells of a record.
    pub const fn is_record(&self) -> bool {
        matches!(self.fact, TimeFact::Record { .. })
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TimeLog {
    chunks: Rc<VecDeque<Rc<Vec<TimeEvent>>>>,
    tail: Vec<TimeEvent>,
    /// Entries that are not kept any more.
    forgotten: u64,
    records: u64,
    watermark_at: Option<i64>,
    /// The ms in which the newest record came, and how many came in it.
    record_at: i64,
    records_in_ms: u32,
    /// Records that are not told of.
    left_out: u64,
}

impl TimeLog {
    /// A record comes: whether what happens to it is to be told.
    #[inline]
    pub const fn take_record(&mut self, at: i64) -> bool {
        if self.record_at != at {
            self.record_at = at;
            self.records_in_ms = 0;
        }
        self.records_in_ms += 1;
        let is_told = self.records_in_ms <= RECORDS_PER_MS_MAX;
        self.left_out += !is_told as u64;
        is_told
    }

    /// Records that it was not told of, because there were too many at once.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Adds an entry.
    pub fn push(&mut self, at: i64, fact: TimeFact) {
        match fact {
            TimeFact::Watermark(_) => self.watermark_at = Some(at),
            TimeFact::Record { .. } => self.records += 1,
            _ => {}
        }
        self.tail.push(TimeEvent { at, fact });
        if self.tail.len() < CHUNK {
            return;
        }
        let chunks = own_seldom(&mut self.chunks);
        chunks.push_back(Rc::new(std::mem::take(&mut self.tail)));
        if chunks.len() > CHUNKS_MAX {
            chunks.pop_front();
            self.forgotten += CHUNK as u64;
        }
    }

    /// Entries that were added so far.
    pub fn len(&self) -> u64 {
        self.forgotten + (self.chunks.len() * CHUNK + self.tail.len()) as u64
    }

    /// Those of them that are records.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The newest entries, at most so many, oldest first.
    pub fn last(&self, limit: usize) -> impl Iterator<Item = &TimeEvent> {
        let kept = self.chunks.len() * CHUNK + self.tail.len();
        let events = self.chunks.iter().flat_map(|chunk| chunk.iter()).chain(&self.tail);
        events.skip(kept.saturating_sub(limit))
    }

    /// The newest entries from number `number` on, which is counted from 0; none if it is not kept any more.
    pub fn since(&self, number: u64) -> impl Iterator<Item = &TimeEvent> {
        let is_kept = number >= self.forgotten;
        let limit = if is_kept { self.len().saturating_sub(number) } else { 0 };
        self.last(limit as usize)
    }

    /// The record of this number, which is counted from 0, if it is kept.
    pub fn record(&self, number: u64) -> Option<&TimeEvent> {
        let kept = || self.since(self.forgotten).filter(|event| event.is_record());
        let first = self.records - kept().count() as u64;
        kept().nth(number.checked_sub(first)? as usize)
    }

    /// When the watermark rose last.
    pub const fn watermark_at(&self) -> Option<i64> {
        self.watermark_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newest_and_counts_all() {
        let mut log = TimeLog::default();
        let all = (CHUNK * (CHUNKS_MAX + 3) + 5) as i64;
        (0..all).for_each(|n| log.push(n, TimeFact::Watermark(n)));
        let snapshot = log.clone();
        log.push(all, TimeFact::Watermark(all));
        assert_eq!(log.len(), all as u64 + 1);
        assert_eq!(log.watermark_at(), Some(all));
        assert_eq!(log.last(2).map(|event| event.at).collect::<Vec<_>>(), [all - 1, all]);
        assert_eq!(log.last(usize::MAX).count(), CHUNK * CHUNKS_MAX + 6);
        assert_eq!(snapshot.last(1).map(|event| event.at).collect::<Vec<_>>(), [all - 1]);
    }

    #[test]
    fn of_too_many_records_at_once_the_first_are_told() {
        let mut log = TimeLog::default();
        let told = |log: &mut TimeLog, at| (0..100).filter(|_| log.take_record(at)).count();
        assert_eq!([told(&mut log, 7), told(&mut log, 7), told(&mut log, 8)], [16, 0, 16]);
        assert_eq!(log.left_out(), 84 + 100 + 84);
    }
}
