//! Sources: an enumerator that cuts the input into splits, readers that ask for them and read them.
//!
//! Contract: a reader gives one record a poll, and its records are a function of its splits, the files and
//! the time it is polled at. Records bear Flink's mark for "no timestamp", as those of its sources do.
//! Flink: `Source` with `SplitEnumerator` and `SourceReader`; here `NumberSequenceSource`,
//! `DataGeneratorSource` (which `fromData` is too) and the splits of `FileInputFormat`.

pub mod alignment;
mod lines;
mod numbers;
mod output;
mod rate;
mod split;

use std::rc::Rc;

use super::context::OperatorContext;
use super::function::{UserError, UserFunctions};
use crate::base::ordered::SortedMap;
use crate::graph::operator_spec::SourceSpec;
use crate::record::Value;
use crate::state::handle::OperatorStateMode;
use lines::LineReader;
use numbers::{NumberReader, Numbered};
pub use output::SourceOutput;
pub use split::{Split, SplitEnumerator};

/// Texts by path: what the scenario has instead of a file system.
pub type SourceFiles = Rc<SortedMap<Rc<str>, Rc<str>>>;

/// What a reader has.
#[derive(Clone, Debug, PartialEq)]
pub enum ReaderPoll {
    Record {
        value: Value,
        timestamp: Option<i64>,
    },
    /// Nothing until another split is added, or word comes that there are no more.
    NeedsSplit,
    /// Nothing before this processing time, ms since the epoch.
    NothingUntil(i64),
    /// All splits are read and no more will come.
    EndOfInput,
}

/// Reads the splits of one subtask. Flink: `SourceReader`.
pub trait SourceReader {
    /// The next record, if there is one.
    fn poll_next(&mut self, context: &mut OperatorContext) -> Result<ReaderPoll, UserError>;

    /// A split that the enumerator handed out.
    fn add_split(&mut self, split: Split);

    /// The enumerator has no further split.
    fn no_more_splits(&mut self);

    /// After the last poll; also when the task is cancelled.
    fn close(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// The splits that it has, each from where it is to be read on. Flink: `snapshotState`.
    fn snapshot_state(&self) -> Vec<Split>;

    /// A copy for a snapshot of the world.
    fn clone_box(&self) -> Box<dyn SourceReader>;
}

/// The name of the state that holds the splits of a reader, as in Flink's snapshots.
pub const READER_STATE: &str = "SourceReaderState";

/// Puts the splits of a reader into the state of its operator. Flink: `SourceOperator#snapshotState`.
pub fn snapshot_reader(reader: &dyn SourceReader, context: &mut OperatorContext) -> Result<(), UserError> {
    let splits = reader.snapshot_state().into_iter().map(Split::to_value).collect();
    Ok(context.operator_state.set(READER_STATE, OperatorStateMode::SplitDistribute, splits)?)
}

/// A split in the state of a reader or an enumerator, in words.
pub fn position_text(split: &Value) -> String {
    match Split::from_value(split) {
        Some(Split::Bytes { id, end, resume_at: Some(at), .. }) => format!("split {id}: bytes {at} to {end}"),
        Some(split) => split.to_string(),
        None => split.to_string(),
    }
}

/// The splits with which a reader begins that was restored. Flink: `SourceOperator#open`.
pub fn restored_splits(context: &OperatorContext) -> Vec<Split> {
    context.operator_state.restored(READER_STATE).iter().filter_map(Split::from_value).collect()
}

impl Clone for Box<dyn SourceReader> {
    fn clone(&self) -> Self {
        self.as_ref().clone_box()
    }
}

/// The reader of a subtask. A file that is not there is an error.
pub fn build_reader(
    spec: &SourceSpec,
    functions: &Rc<dyn UserFunctions>,
    files: &SourceFiles,
    _subtask_idx: u32,
    parallelism: u32,
) -> Result<Box<dyn SourceReader>, UserError> {
    let numbered = match spec {
        SourceSpec::TextFile { path } => {
            return Ok(Box::new(LineReader::new(Rc::clone(text_of(path, files)?))));
        }
        SourceSpec::Collection(elements) => Numbered::Elements(Rc::clone(elements)),
        SourceSpec::Sequence { .. } => Numbered::Longs,
        SourceSpec::DataGenerator { function, records_per_second, .. } => {
            Numbered::generated(*function, functions.as_ref(), *records_per_second, parallelism)?
        }
    };
    Ok(Box::new(NumberReader::new(numbered)))
}

/// The enumerator of a source of so many subtasks. A file that is not there has no splits: that it is
/// missing is the readers' error.
pub fn build_enumerator(spec: &SourceSpec, files: &SourceFiles, parallelism: u32) -> SplitEnumerator {
    SplitEnumerator::new(match spec {
        SourceSpec::Collection(elements) => split::of_numbers(0, elements.len() as i64 - 1, parallelism),
        SourceSpec::Sequence { from, to } => split::of_numbers(*from, *to, parallelism),
        SourceSpec::DataGenerator { count, .. } => split::of_numbers(0, *count - 1, parallelism),
        SourceSpec::TextFile { path } => {
            files.get(path).map_or_else(Vec::new, |text| split::of_bytes(text.len() as u64, parallelism))
        }
    })
}

fn text_of<'a>(path: &str, files: &'a SourceFiles) -> Result<&'a Rc<str>, UserError> {
    files.get(path).ok_or_else(|| {
        let known: Vec<&str> = files.keys().map(AsRef::as_ref).collect();
        let known = if known.is_empty() { "none".to_string() } else { known.join(", ") };
        UserError::new(format!(
            "readTextFile(\"{path}\"): there is no such text. The texts that this run has: {known}."
        ))
    })
}

#[cfg(test)]
mod tests;
