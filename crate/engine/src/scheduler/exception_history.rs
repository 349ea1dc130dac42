//! What failed, when and where: the last failures that led to a restart, or to the end of the job.
//!
//! Flink: `BoundedFIFOQueue` of `RootExceptionHistoryEntry`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::failure::JobFailure;
use crate::base::ids::{ExecutionAttemptId, TaskManagerId};
use crate::base::own::own_seldom;

/// Entries that are kept. Flink: `web.exception-history-size`.
const ENTRIES_MAX: usize = 16;

/// A failure.
#[derive(Clone, Debug)]
pub struct ExceptionHistoryEntry {
    /// When, in ms of virtual time.
    pub at: u64,
    pub failure: Rc<JobFailure>,
    /// The attempt that failed; none: the job as a whole did.
    pub execution: Option<ExecutionAttemptId>,
    /// What it is called.
    pub name: Option<Rc<str>>,
    pub task_manager: Option<TaskManagerId>,
}

/// A failure that asked for a restart, and those that came with it.
#[derive(Clone, Debug)]
pub struct RootExceptionHistoryEntry {
    pub root: ExceptionHistoryEntry,
    pub concurrent: Vec<ExceptionHistoryEntry>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ExceptionHistory {
    entries: VecDeque<Rc<RootExceptionHistoryEntry>>,
}

impl ExceptionHistory {
    /// The entries, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &RootExceptionHistoryEntry> {
        self.entries.iter().map(Rc::as_ref)
    }

    /// Adds a failure with those that came with it: an entry of its own, or, where the restart that is under way
    /// also recovers from it, to the last one.
    pub fn add(
        &mut self,
        root: ExceptionHistoryEntry,
        concurrent: Vec<ExceptionHistoryEntry>,
        is_new_attempt: bool,
    ) {
        if let Some(last) = self.entries.back_mut().filter(|_| !is_new_attempt) {
            let last = own_seldom(last);
            for entry in std::iter::once(root).chain(concurrent) {
                let is_known = |known: &ExceptionHistoryEntry| known.execution == entry.execution;
                if entry.execution.is_none()
                    || !(is_known(&last.root) || last.concurrent.iter().any(is_known))
                {
                    last.concurrent.push(entry);
                }
            }
        } else {
            if self.entries.len() == ENTRIES_MAX {
                self.entries.pop_front();
            }
            self.entries.push_back(Rc::new(RootExceptionHistoryEntry { root, concurrent }));
        }
    }
}
