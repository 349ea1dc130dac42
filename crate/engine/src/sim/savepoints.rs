//! Snapshots that leave the world as one file.

use std::rc::Rc;

use super::file_needs::files_of;
use super::world::World;
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::checkpoint::handles::StreamStateHandle;
use crate::checkpoint::savepoint_file;
use crate::checkpoint::storage::file_system::FileSystemError;

impl World {
    /// A checkpoint that is kept, or a savepoint, as one file; `None` where there is none of this number. One of the
    /// JobManager's memory has its state in its `_metadata`.
    pub fn export_snapshot(&self, id: u64) -> Option<Result<Rc<[u8]>, FileSystemError>> {
        let snapshot = self.snapshot(id)?;
        let mut files: Vec<(Rc<str>, Rc<[u8]>)> = Vec::new();
        for handle in files_of(snapshot) {
            let StreamStateHandle::File { path, .. } = handle else { continue };
            if files.iter().any(|(known, _)| known == path) {
                continue;
            }
            match self.file_system().file(path) {
                Some(file) => files.push((Rc::clone(path), Rc::clone(&file.bytes))),
                None => return Some(Err(FileSystemError::NotFound { path: Rc::clone(path) })),
            }
        }
        // Those of later checkpoints are none of its job's: it will make others of the same names.
        let committed = self.transactions().committed().iter().filter(|(_, checkpoint)| **checkpoint <= id);
        let committed: Vec<_> = committed
            .map(|((table, name), &checkpoint)| (Rc::clone(table), Rc::clone(name), checkpoint))
            .collect();
        Some(Ok(savepoint_file::write(snapshot, &files, &committed)))
    }

    fn snapshot(&self, id: u64) -> Option<&CompletedCheckpoint> {
        let checkpoints = self.job_master().checkpoints()?;
        let kept = checkpoints.coordinator().store().checkpoints().iter();
        let answered = checkpoints.answers().iter().filter_map(|answer| answer.result.as_ref().ok());
        let savepoints = answered.filter(|snapshot| snapshot.snapshot.is_savepoint());
        kept.chain(savepoints).find(|snapshot| snapshot.id == id).map(Rc::as_ref)
    }
}
