//! A log-structured merge tree: state larger than memory, in files that never change.
//!
//! Contract: writes go to a buffer; a full one becomes a sorted run of level 0. Runs of level 0 overlap, newer ones
//! win; those of a deeper level lie apart. When a level is full, its runs are merged into the next one. A key's value
//! is what its newest put says, with what was appended since. A clone costs a few reference counts. RocksDB with its
//! levelled compaction, as `EmbeddedRocksDBStateBackend` uses it.

mod buffer;
mod run;

use std::rc::Rc;

use crate::base::own::own_seldom;
use crate::base::sort;

use super::bytes::CorruptState;
use buffer::WriteBuffer;
pub use run::{Change, Run, Slot};

/// Sizes in bytes, far below RocksDB's, so that a small job shows what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LsmOptions {
    /// When the buffer is full. Flink: `state.backend.rocksdb.writebuffer.size`.
    pub write_buffer_bytes: u32,
    /// How many runs level 0 may have. RocksDB: `level0_file_num_compaction_trigger`.
    pub level0_runs_max: u32,
    /// How large a run of a deeper level gets. RocksDB: `target_file_size_base`.
    pub target_file_bytes: u32,
    /// The number of its first run.
    pub first_run: u64,
    /// How large level 1 may be; each deeper one ten times as large. RocksDB: `max_bytes_for_level_base`.
    pub level1_bytes_max: u32,
}

impl Default for LsmOptions {
    fn default() -> Self {
        Self {
            write_buffer_bytes: 16 << 10,
            level0_runs_max: 4,
            target_file_bytes: 32 << 10,
            first_run: 1,
            level1_bytes_max: 128 << 10,
        }
    }
}

/// How much larger a level may be than the one above it.
const LEVEL_MULTIPLIER: u32 = 10;

/// Says of a key and its value whether nobody will miss them. RocksDB: a compaction filter.
pub type IsExpired<'a> = &'a dyn Fn(&[u8], &[u8]) -> bool;

/// See the module.
#[derive(Clone, Debug)]
pub struct LsmTree {
    options: LsmOptions,
    buffer: Rc<WriteBuffer>,
    buffer_bytes: u32,
    /// Level 0 has its newest run last; the others are in the order of their keys.
    levels: Rc<Vec<Vec<Rc<Run>>>>,
    next_run: u64,
    compactions: u32,
}

impl LsmTree {
    /// An empty one.
    pub fn new(options: LsmOptions) -> Self {
        Self {
            options,
            buffer: Rc::default(),
            buffer_bytes: 0,
            levels: Rc::default(),
            next_run: options.first_run,
            compactions: 0,
        }
    }

    /// One of the runs of another, level by level.
    pub fn of_levels(options: LsmOptions, levels: Vec<Vec<Rc<Run>>>) -> Self {
        let last = levels.iter().flatten().map(|run| run.number()).max();
        Self {
            levels: Rc::new(levels),
            next_run: options.first_run.max(last.unwrap_or(0) + 1),
            ..Self::new(options)
        }
    }

    /// Something is done to a key.
    pub fn apply(&mut self, key: &[u8], change: Change, bytes: &[u8], is_expired: IsExpired<'_>) {
        let slot = Slot { change, bytes: bytes.into() };
        if own_seldom(&mut self.buffer).apply(key, slot) {
            self.buffer_bytes += key.len() as u32;
        }
        self.buffer_bytes += bytes.len() as u32;
        if self.buffer_bytes > self.options.write_buffer_bytes {
            self.flush(is_expired);
        }
    }

    /// What a key holds.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        // Newest first: what is appended waits for what it is appended to.
        let mut appended: Vec<&[u8]> = Vec::new();
        let buffered = self.buffer.get(key).map(|slot| (slot.change, &*slot.bytes));
        let level0 = self.levels.first().into_iter().flat_map(|runs| runs.iter().rev());
        let deeper = self.levels.iter().skip(1).filter_map(|runs| run_for(runs, key));
        for (change, bytes) in buffered.into_iter().chain(level0.chain(deeper).filter_map(|run| run.get(key)))
        {
            match change {
                Change::Delete => break,
                Change::Put => {
                    appended.push(bytes);
                    break;
                }
                Change::Append => appended.push(bytes),
            }
        }
        appended.reverse();
        (!appended.is_empty()).then(|| appended.concat())
    }

    /// Keys that begin with `prefix`, in order, each with what it holds.
    pub fn scan(&self, prefix: &[u8]) -> Vec<(Rc<[u8]>, Slot)> {
        let mut merged = Vec::new();
        for (level, runs) in self.levels.iter().enumerate().rev() {
            merged = merge_runs(merged, level, runs, prefix);
        }
        let buffered = self.buffer.from(prefix).take_while(|(key, _)| key.starts_with(prefix));
        merged = merge(merged, &mut buffered.map(|(key, slot)| (&**key, slot.change, &*slot.bytes)));
        merged.retain(|(_, slot)| slot.change != Change::Delete);
        merged
    }

    /// Makes a run of what is in the buffer.
    pub fn flush(&mut self, is_expired: IsExpired<'_>) {
        if self.buffer.is_empty() {
            return;
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.buffer_bytes = 0;
        let run = Run::build(self.next_run, buffer.from(&[]).map(|(key, slot)| (&**key, slot)));
        self.next_run += 1;
        let levels = own_seldom(&mut self.levels);
        if levels.is_empty() {
            levels.push(Vec::new());
        }
        levels[0].push(Rc::new(run));
        if levels[0].len() as u32 > self.options.level0_runs_max {
            self.compact(0, is_expired);
        }
    }

    /// Its sizes.
    pub const fn options(&self) -> LsmOptions {
        self.options
    }

    /// Runs by level.
    pub fn levels(&self) -> &[Vec<Rc<Run>>] {
        &self.levels
    }

    /// How many keys wait in the buffer, with how many bytes.
    pub fn buffered(&self) -> (usize, u32) {
        (self.buffer.len(), self.buffer_bytes)
    }

    /// How often levels were merged.
    pub const fn compactions(&self) -> u32 {
        self.compactions
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.levels.iter().all(Vec::is_empty)
    }

    /// Merges all of a level into the next one, of which runs stay as they are that have no key in common.
    fn compact(&mut self, level: usize, is_expired: IsExpired<'_>) {
        self.compactions += 1;
        let levels = own_seldom(&mut self.levels);
        if levels.len() == level + 1 {
            levels.push(Vec::new());
        }
        let upper = std::mem::take(&mut levels[level]);
        let lower = std::mem::take(&mut levels[level + 1]);
        // What is merged may lie anywhere between the first and the last key.
        let first = upper.iter().map(|run| run.bounds().0).min().unwrap_or_default();
        let last = upper.iter().map(|run| run.bounds().1).max().unwrap_or_default();
        let is_touched = |run: &Rc<Run>| run.bounds().0 <= last && first <= run.bounds().1;
        let (touched, mut kept): (Vec<_>, Vec<_>) = lower.into_iter().partition(is_touched);
        let mut merged = merge_runs(Vec::new(), level + 1, &touched, &[]);
        merged = merge_runs(merged, level, &upper, &[]);
        let is_bottom = levels[level + 2..].iter().all(Vec::is_empty);
        merged.retain(|(key, slot)| match slot.change {
            Change::Delete => !is_bottom,
            Change::Put => !is_expired(key, &slot.bytes),
            Change::Append => true,
        });
        if is_bottom {
            for (_, slot) in &mut merged {
                slot.change = Change::Put;
            }
        }
        let mut rest = &merged[..];
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|(key, slot)| {
                let before = bytes;
                bytes += key.len() + slot.bytes.len();
                before < self.options.target_file_bytes as usize
            });
            let (head, tail) = rest.split_at(fits.count());
            let run = Run::build(self.next_run, head.iter().map(|(key, slot)| (&**key, slot)));
            rest = tail;
            self.next_run += 1;
            kept.push(Rc::new(run));
        }
        sort::sort_by(&mut kept, |a, b| a.bounds().0.cmp(b.bounds().0));
        let size: usize = kept.iter().map(|run| run.file().len()).sum();
        levels[level + 1] = kept;
        let limit = self.options.level1_bytes_max as usize * (LEVEL_MULTIPLIER as usize).pow(level as u32);
        if size > limit {
            self.compact(level + 1, is_expired);
        }
    }
}

/// The run of a deeper level that would hold a key.
fn run_for<'a>(runs: &'a [Rc<Run>], key: &[u8]) -> Option<&'a Rc<Run>> {
    let after = runs.partition_point(|run| run.bounds().0 <= key);
    runs.get(after.checked_sub(1)?)
}

/// What stands in a level upon what is older. Runs of the first level overlap, the newest last; those of a deeper one
/// follow each other.
fn merge_runs(
    mut older: Vec<(Rc<[u8]>, Slot)>,
    level: usize,
    runs: &[Rc<Run>],
    prefix: &[u8],
) -> Vec<(Rc<[u8]>, Slot)> {
    if level > 0 {
        return merge(older, &mut runs.iter().flat_map(|run| run.scan(prefix)));
    }
    for run in runs {
        older = merge(older, &mut run.scan(prefix));
    }
    older
}

/// Both in order of their keys, in one pass.
fn merge<'a>(
    older: Vec<(Rc<[u8]>, Slot)>,
    newer: &mut dyn Iterator<Item = (&'a [u8], Change, &'a [u8])>,
) -> Vec<(Rc<[u8]>, Slot)> {
    let mut merged = Vec::with_capacity(older.len());
    let mut older = older.into_iter().peekable();
    for (key, change, bytes) in newer {
        while let Some(before) = older.next_if(|(before, _)| **before < *key) {
            merged.push(before);
        }
        let slot = Slot { change, bytes: bytes.into() };
        merged.push(match older.next_if(|(before, _)| **before == *key) {
            Some((key, before)) => (key, before.then(&slot)),
            None => (key.into(), slot),
        });
    }
    merged.extend(older);
    merged
}

/// The runs of a backend that were written, by level and number; `file` finds a run's bytes.
pub fn open_levels(
    numbers: &[Vec<u64>],
    file: &dyn Fn(u64) -> Result<Rc<[u8]>, CorruptState>,
) -> Result<Vec<Vec<Rc<Run>>>, CorruptState> {
    let open = |&number: &u64| Run::open(number, &file(number)?).map(Rc::new);
    numbers.iter().map(|level| level.iter().map(open).collect()).collect()
}

#[cfg(test)]
mod tests;
