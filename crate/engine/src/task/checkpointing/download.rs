//! The files that a task is restored from, on their way to it.
//!
//! Contract: the task waits until all are there, or one is found to be missing or damaged. Flink: the download in
//! `BackendRestorerProcedure`, `RocksDBStateDownloader`; here all is read before any operator is given its state.

use std::rc::Rc;

use crate::base::ordered::SortedMap;
use crate::checkpoint::handles::{JobManagerTaskRestore, TaskStateSnapshot};
use crate::checkpoint::storage::file_system::{FileAnswer, FileRequest};
use crate::checkpoint::storage::store::{files_of, with_bytes};
use crate::state::bytes::check_file;

/// See the module.
#[derive(Clone, Debug)]
pub struct Download {
    awaited: Vec<Rc<str>>,
    files: SortedMap<Rc<str>, Rc<[u8]>>,
    failure: Option<String>,
}

impl Download {
    /// The files that a snapshot lies in; `None` where it lies in none.
    pub fn of(state: &TaskStateSnapshot) -> Option<Self> {
        let awaited = files_of(state);
        (!awaited.is_empty()).then(|| Self { awaited, files: SortedMap::new(), failure: None })
    }

    /// What the file system is asked for.
    pub fn requests(&self) -> impl Iterator<Item = FileRequest> {
        self.awaited.iter().map(|path| FileRequest::Read(Rc::clone(path)))
    }

    /// How many files are still awaited.
    pub const fn awaited(&self) -> usize {
        self.awaited.len()
    }

    /// Whether the task need not wait any more.
    pub const fn is_done(&self) -> bool {
        self.awaited.is_empty() || self.failure.is_some()
    }

    /// Takes an answer of the file system. Answers whether it was awaited.
    pub fn on_read(&mut self, answer: &FileAnswer) -> bool {
        let Some(at) = self.awaited.iter().position(|path| *path == answer.path) else { return false };
        self.awaited.remove(at);
        let read = match &answer.result {
            Ok(bytes) => bytes.clone().ok_or_else(|| "nothing was read".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let checked = read.and_then(|bytes| match check_file(&bytes) {
            Ok(()) => Ok(bytes),
            Err(corrupt) => Err(format!("File {}: {corrupt}.", answer.path)),
        });
        match checked {
            Ok(bytes) => {
                self.files.insert(Rc::clone(&answer.path), bytes);
            }
            Err(failure) => self.failure = Some(failure),
        }
        true
    }

    /// The snapshot with the bytes of its files in it, or why it cannot be restored from.
    pub fn finish(self, restore: &JobManagerTaskRestore) -> Result<JobManagerTaskRestore, String> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let read = |path: &str| self.files.get(path).cloned();
        let state = with_bytes(&restore.state, &read).map_err(|error| error.to_string())?;
        Ok(JobManagerTaskRestore {
            checkpoint_id: restore.checkpoint_id,
            state,
            input_rescaling: restore.input_rescaling.clone(),
            output_rescaling: restore.output_rescaling.clone(),
        })
    }
}
