//! Splits, and the enumerator that hands them out.
//!
//! Flink: `NumberSequenceSource#splitNumberRange` with `IteratorSourceEnumerator`,
//! `FileInputFormat#createInputSplits`.

use std::collections::VecDeque;
use std::fmt;

use crate::base::ordered::SortedMap;
use crate::record::Value;
/// A part of a source's input, read by one subtask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The numbers `from` to `to`, both inclusive: values or indices.
    Numbers { id: u32, from: i64, to: i64 },
    /// The lines that begin after the byte `start` and not after `end`; byte 0 is in the first split.
    /// `resume_at`: where the next line begins, of a split that was read in part.
    Bytes { id: u32, start: u64, end: u64, resume_at: Option<u64> },
}

impl Split {
    /// As an entry of state.
    pub fn to_value(self) -> Value {
        let long = |number: u64| Value::Long(number as i64);
        match self {
            Self::Numbers { id, from, to } => {
                Value::tuple([Value::Long(i64::from(id)), Value::Long(from), Value::Long(to)])
            }
            Self::Bytes { id, start, end, resume_at } => Value::tuple([
                Value::Long(i64::from(id)),
                long(start),
                long(end),
                resume_at.map_or(Value::Null, long),
            ]),
        }
    }

    /// What [`Self::to_value`] made.
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        let Value::Tuple(parts) = value else { return None };
        match **parts {
            [Value::Long(id), Value::Long(from), Value::Long(to)] => {
                Some(Self::Numbers { id: id as u32, from, to })
            }
            [Value::Long(id), Value::Long(start), Value::Long(end), ref resume_at] => {
                let resume_at = if let Value::Long(at) = *resume_at { Some(at as u64) } else { None };
                Some(Self::Bytes { id: id as u32, start: start as u64, end: end as u64, resume_at })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers { id, from, to } => write!(f, "split {id}: {from} to {to}"),
            Self::Bytes { id, start, end, .. } => write!(f, "split {id}: bytes {start} to {end}"),
        }
    }
}

/// Hands out splits, in order, to whichever subtask asks. Runs at the JobMaster.
/// Flink: `IteratorSourceEnumerator`.
#[derive(Clone, Debug)]
pub struct SplitEnumerator {
    splits: VecDeque<Split>,
    /// What each subtask was given, by its number, with the newest snapshot of the enumerator before. What is in a
    /// complete checkpoint is the reader's alone. Flink: `SplitAssignmentTracker`.
    assigned: SortedMap<u32, Vec<(u64, Split)>>,
    /// The newest checkpoint that has a snapshot of this; 0: none.
    checkpoint: u64,
}

impl SplitEnumerator {
    pub(super) fn new(splits: Vec<Split>) -> Self {
        Self { splits: splits.into(), assigned: SortedMap::new(), checkpoint: 0 }
    }

    /// The split for a subtask that asks; `None` if all are out.
    pub fn handle_split_request(&mut self, subtask_idx: u32) -> Option<Split> {
        let split = self.splits.pop_front()?;
        self.assigned.entry(subtask_idx).or_default().push((self.checkpoint, split));
        Some(split)
    }

    /// A subtask starts again from a checkpoint (0: from none): the splits that it was given since come back. Flink:
    /// `SourceCoordinator#subtaskReset`, `IteratorSourceEnumerator#addSplitsBack`, which puts them behind the others.
    pub fn subtask_reset(&mut self, subtask_idx: u32, checkpoint: u64) {
        let Some(assigned) = self.assigned.get_mut(&subtask_idx) else { return };
        let since = assigned.partition_point(|&(before, _)| before < checkpoint);
        self.splits.extend(assigned.drain(since..).map(|(_, split)| split));
    }

    /// A checkpoint is complete: what was given before it does not come back.
    pub fn checkpoint_complete(&mut self, checkpoint: u64) {
        for assigned in self.assigned.values_mut() {
            assigned.retain(|&(before, _)| before >= checkpoint);
        }
    }

    /// A reader was lost, or has gone back to before it got these: the next to ask get them. Flink:
    /// `addSplitsBack`.
    pub fn add_splits_back(&mut self, splits: impl IntoIterator<Item = Split>) {
        self.splits.extend(splits);
    }

    /// What it has, as an entry of state, for a checkpoint. Flink: `snapshotState`.
    pub fn snapshot_state(&mut self, checkpoint: u64) -> Value {
        self.checkpoint = checkpoint;
        Value::Tuple(self.splits.iter().map(|split| split.to_value()).collect())
    }

    /// It has what it had when [`Self::snapshot_state`] answered this. Flink: `restoreEnumerator`.
    pub fn restore(&mut self, state: &Value) {
        if let Value::Tuple(splits) = state {
            self.splits = splits.iter().filter_map(Split::from_value).collect();
        }
    }

    /// The splits that nobody has yet, in order.
    pub fn remaining(&self) -> impl Iterator<Item = &Split> {
        self.splits.iter()
    }
}

/// As many parts as subtasks; the first ones are longer by one where they cannot be equal, empty ones
/// are left out.
pub(super) fn of_numbers(from: i64, to: i64, parallelism: u32) -> Vec<Split> {
    // More than 64 bits: the numbers from the least to the greatest Long are 2⁶⁴.
    let count = (i128::from(to) - i128::from(from) + 1).max(0);
    let (length, longer) = (count / i128::from(parallelism), count % i128::from(parallelism));
    let mut next = i128::from(from);
    (0..i128::from(parallelism))
        .map(|part| length + i128::from(part < longer))
        .take_while(|&length| length > 0)
        .zip(1..)
        .map(|(length, id)| {
            let from = next;
            next += length;
            Split::Numbers { id, from: from as i64, to: (next - 1) as i64 }
        })
        .collect()
}

/// The block size of Flink's local file system: no split is longer.
const BLOCK_BYTES: u64 = 32 << 20;

/// Equal parts for at least `parallelism` splits; a last part of up to a tenth joins the one before it.
pub(super) fn of_bytes(length: u64, parallelism: u32) -> Vec<Split> {
    let split_bytes = length.div_ceil(u64::from(parallelism)).min(BLOCK_BYTES);
    let last_bytes_max = split_bytes * 11 / 10;
    let mut splits = vec![];
    let mut start = 0;
    while start < length {
        let rest = length - start;
        let end = if rest > last_bytes_max { start + split_bytes } else { length };
        splits.push(Split::Bytes { id: splits.len() as u32 + 1, start, end, resume_at: None });
        start = end;
    }
    splits
}
