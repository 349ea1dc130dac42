//! Sorts records by key: in memory while they fit, else in runs on the disk that are merged.
//!
//! Contract: what is in memory at a time is at most the memory that it was given, but for one record that is
//! larger. While a run is on its way to the disk nothing can be added: its memory is needed. Files are gone when
//! the sorter is released. Flink: `ExternalSorter` (with threads that read, sort and spill at the same time; here
//! they take turns).

use std::collections::VecDeque;
use std::rc::Rc;

use super::quick_sort::quick_sort;
use super::record::SortRecord;
use super::run::{Run, RunReader, RunWriter};
use crate::base::append_log::AppendLog;
use crate::base::limits::SORT_MERGE_FAN_MAX;
use crate::network::disk::{Disk, FileId};

/// What a sorter is made with.
#[derive(Clone, Debug)]
pub struct SorterOptions {
    /// Memory for records.
    pub memory_bytes: u64,
    /// Size of what is read and written at once.
    pub block_bytes: u32,
    /// The files are named after it.
    pub name: Rc<str>,
}

/// Where a sorter stands.
#[derive(Clone, Debug)]
enum Phase {
    /// Records are added.
    Filling,
    /// Memory was full, and goes to the disk.
    Spilling,
    /// All records are there and in memory.
    InMemory { sorted: Rc<Vec<SortRecord>>, position: usize },
    /// The last runs are being written or merged into fewer.
    Merging { readers: Vec<RunReader>, target: Option<RunWriter> },
    /// The runs that are left are read.
    Reading { readers: Vec<RunReader> },
}

/// Where a sorter stands, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SorterState {
    /// Records added so far.
    pub added: u64,
    /// Records given out so far.
    pub taken: u64,
    /// Bytes of records in memory.
    pub memory_bytes: u64,
    /// Of so many.
    pub memory_bytes_max: u64,
    /// Sorted runs written so far.
    pub runs: u32,
    /// Whether it waits for the disk to take a run.
    pub is_spilling: bool,
    /// Whether all records were added.
    pub is_sorted: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct ExternalSorter {
    options: SorterOptions,
    phase: Phase,
    buffered: AppendLog<SortRecord>,
    /// Of records in memory.
    memory_bytes: u64,
    /// Written or being written, oldest first.
    runs: VecDeque<Run>,
    /// Runs that several older ones were merged into, oldest first.
    merged: VecDeque<Run>,
    files: Vec<FileId>,
    runs_written: u32,
    added: u64,
    taken: u64,
}

impl ExternalSorter {
    /// An empty one.
    pub const fn new(options: SorterOptions) -> Self {
        Self {
            options,
            phase: Phase::Filling,
            buffered: AppendLog::new(),
            memory_bytes: 0,
            runs: VecDeque::new(),
            merged: VecDeque::new(),
            files: Vec::new(),
            runs_written: 0,
            added: 0,
            taken: 0,
        }
    }

    /// Where it stands.
    pub fn state(&self) -> SorterState {
        SorterState {
            added: self.added,
            taken: self.taken,
            memory_bytes: self.memory_bytes,
            memory_bytes_max: self.options.memory_bytes,
            runs: self.runs_written,
            is_spilling: matches!(self.phase, Phase::Spilling),
            is_sorted: !matches!(self.phase, Phase::Filling | Phase::Spilling),
        }
    }

    /// Files that it has on the disk.
    pub fn files(&self) -> &[FileId] {
        &self.files
    }

    /// Whether a record can be added now.
    pub fn can_add(&self, disk: &Disk) -> bool {
        match self.phase {
            Phase::Filling => true,
            Phase::Spilling => self.runs.iter().all(|run| run.is_written(disk)),
            _ => false,
        }
    }

    /// Adds a record. Where memory is full, what is there goes to the disk first.
    pub fn add(&mut self, record: SortRecord, disk: &mut Disk) {
        assert!(self.can_add(disk), "a record is added while the sorter spills, or after its end");
        self.phase = Phase::Filling;
        let bytes = record.stored_bytes() as u64;
        self.added += 1;
        self.memory_bytes += bytes;
        self.buffered.push(record);
        if self.memory_bytes >= self.options.memory_bytes {
            self.spill(disk);
            self.phase = Phase::Spilling;
        }
    }

    /// There is no further record.
    pub fn end(&mut self, disk: &mut Disk) {
        if self.runs.is_empty() {
            let sorted = Rc::new(self.sort());
            self.phase = Phase::InMemory { sorted, position: 0 };
            return;
        }
        if !self.buffered.is_empty() {
            self.spill(disk);
        }
        self.phase = Phase::Merging { readers: Vec::new(), target: None };
    }

    /// Whether [`Self::settle`] can get on with what the disk has done.
    pub fn is_ready(&self, disk: &Disk) -> bool {
        match &self.phase {
            Phase::Filling | Phase::InMemory { .. } => true,
            Phase::Spilling => self.can_add(disk),
            Phase::Merging { readers, .. } if readers.is_empty() => {
                self.runs.iter().chain(&self.merged).all(|run| run.is_written(disk))
            }
            Phase::Merging { readers, .. } | Phase::Reading { readers } => {
                readers.iter().all(|reader| reader.is_ready(disk))
            }
        }
    }

    /// After [`Self::end`]: gets on as far as the disk allows. Answers whether the head is known: the next record
    /// in order, or that there is none.
    pub fn settle(&mut self, disk: &mut Disk) -> bool {
        while matches!(self.phase, Phase::Merging { .. }) {
            if !self.merge_on(disk) {
                return false;
            }
        }
        match &mut self.phase {
            Phase::Reading { readers } => {
                let mut is_settled = true;
                for reader in readers {
                    is_settled &= reader.settle(disk);
                }
                is_settled
            }
            Phase::InMemory { .. } => true,
            _ => false,
        }
    }

    /// The next record in order, once it is settled.
    pub fn head(&self) -> Option<&SortRecord> {
        match &self.phase {
            Phase::InMemory { sorted, position } => sorted.get(*position),
            Phase::Reading { readers } => readers[least(readers)?].head(),
            _ => None,
        }
    }

    /// Takes it.
    pub fn take_head(&mut self) -> Option<SortRecord> {
        let taken = match &mut self.phase {
            Phase::InMemory { sorted, position } => {
                let record = sorted.get(*position).cloned();
                *position += usize::from(record.is_some());
                self.memory_bytes -= record.as_ref().map_or(0, |record| record.stored_bytes() as u64);
                record
            }
            Phase::Reading { readers } => {
                let place = least(readers)?;
                readers[place].take_head()
            }
            _ => None,
        };
        self.taken += u64::from(taken.is_some());
        taken
    }

    /// Deletes its files.
    pub fn release(&mut self, disk: &mut Disk) {
        for file in self.files.drain(..) {
            disk.delete(file);
        }
        self.runs.clear();
        self.merged.clear();
        self.buffered = AppendLog::default();
        self.memory_bytes = 0;
        self.phase = Phase::InMemory { sorted: Rc::default(), position: 0 };
    }

    /// Takes what is in memory, sorted.
    fn sort(&mut self) -> Vec<SortRecord> {
        let mut records: Vec<SortRecord> = self.buffered.iter_from(0).cloned().collect();
        quick_sort(&mut records);
        self.buffered = AppendLog::default();
        records
    }

    fn spill(&mut self, disk: &mut Disk) {
        let mut writer = self.new_run(disk);
        for record in self.sort() {
            writer.push(&record, disk);
        }
        self.memory_bytes = 0;
        self.runs.push_back(writer.finish(disk));
    }

    fn new_run(&mut self, disk: &mut Disk) -> RunWriter {
        let name = format!("{}-{}.channel", self.options.name, self.runs_written);
        let writer = RunWriter::new(name.into(), self.options.block_bytes, disk);
        self.runs_written += 1;
        self.files.push(writer.file());
        writer
    }

    /// How many runs can be read at once: each needs a block of memory.
    fn fan(&self) -> usize {
        let blocks = self.options.memory_bytes / u64::from(self.options.block_bytes);
        blocks.clamp(2, u64::from(SORT_MERGE_FAN_MAX)) as usize
    }

    /// A step of merging runs into fewer. Answers whether it got on.
    fn merge_on(&mut self, disk: &mut Disk) -> bool {
        let Phase::Merging { readers, target } = &mut self.phase else { return false };
        if readers.is_empty() {
            return self.begin_merge(disk);
        }
        for reader in readers.iter_mut() {
            if !reader.settle(disk) {
                return false;
            }
        }
        let writer = target.as_mut().expect("what is merged has a target");
        if let Some(place) = least(readers) {
            if let Some(record) = readers[place].take_head() {
                writer.push(&record, disk);
            }
            return true;
        }
        // All are read to their ends: they make way for the one that they were merged into.
        for reader in std::mem::take(readers) {
            disk.delete(reader.file());
            self.files.retain(|&file| file != reader.file());
        }
        if let Some(writer) = target.take() {
            self.merged.push_back(writer.finish(disk));
        }
        true
    }

    /// Takes as many neighbouring runs as can be read at once: all that are left, or some that become one. Those
    /// that they become are merged when all are.
    fn begin_merge(&mut self, disk: &mut Disk) -> bool {
        if self.runs.is_empty() {
            self.runs = std::mem::take(&mut self.merged);
        }
        if !self.runs.iter().all(|run| run.is_written(disk)) {
            return false;
        }
        let fan = self.fan();
        let is_last = self.merged.is_empty() && self.runs.len() <= fan;
        if !is_last && self.runs.len() == 1 {
            self.merged.append(&mut self.runs);
            return true;
        }
        let block_bytes = self.options.block_bytes;
        let count = self.runs.len().min(fan);
        let readers = self.runs.drain(..count).map(|run| RunReader::new(run, block_bytes, disk)).collect();
        self.phase = if is_last {
            Phase::Reading { readers }
        } else {
            Phase::Merging { readers, target: Some(self.new_run(disk)) }
        };
        true
    }
}

/// The reader whose head comes first; among equal ones the one of the oldest run.
fn least(readers: &[RunReader]) -> Option<usize> {
    let heads = readers.iter().enumerate().filter_map(|(place, reader)| Some((place, reader.head()?)));
    heads.min_by(|(_, a), (_, b)| a.order(b)).map(|(place, _)| place)
}

#[cfg(test)]
mod tests;
