//! Where the bytes of checkpoints are kept: in the memory of the JobManager, or in files that all processes reach.
//!
//! Contract: whoever writes state asks [`CheckpointStorage::place`] where; small state stays in its handle. Flink:
//! `JobManagerCheckpointStorage` with `MemCheckpointStreamFactory`, `FileSystemCheckpointStorage` with
//! `FsCheckpointStreamFactory` and `FsCheckpointStorageAccess`.

pub mod file_system;
pub mod store;

use std::fmt;
use std::rc::Rc;

use super::handles::StreamStateHandle;
use crate::graph::checkpoint_settings::{self as settings, CheckpointSettings};
use crate::network::barrier::SnapshotType;

/// The file of a checkpoint that names all others. Flink: `AbstractFsCheckpointStorageAccess.METADATA_FILE_NAME`.
pub const METADATA: &str = "_metadata";

/// Whose a file of a checkpoint is. Flink: `CheckpointedStateScope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateScope {
    /// It goes with its checkpoint.
    Exclusive,
    /// Other checkpoints may use it too.
    Shared,
}

/// See the module. Sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointStorage {
    pub place: CheckpointPlace,
    /// Where savepoints are for which no directory was asked, if there is one.
    pub savepoints: Option<Rc<str>>,
    /// What the names of their own directories begin with.
    pub savepoint_name: Rc<str>,
}

/// Where checkpoints are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointPlace {
    JobManager {
        /// A piece of state must not be greater. Flink: `JobManagerCheckpointStorage.DEFAULT_MAX_STATE_SIZE`.
        state_size_max: u64,
    },
    FileSystem {
        /// The job's directory: checkpoints have theirs in it.
        directory: Rc<str>,
        /// Up to this size state stays in its handle. Flink: `execution.checkpointing.data-inline-threshold`.
        inline_max: u64,
    },
}

/// Which snapshot something is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    pub checkpoint: u64,
    pub snapshot: SnapshotType,
    /// The directory that was asked for.
    pub target: Option<&'static str>,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWrite {
    pub path: Rc<str>,
    pub bytes: Rc<[u8]>,
}

/// State that is too large for the memory of the JobManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateTooLarge {
    pub size: u64,
    pub max: u64,
}

impl fmt::Display for StateTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Size of the state is larger than the maximum permitted memory-backed state. Size={}, maxSize={}. \
             Consider using a different checkpoint storage, like the FileSystemCheckpointStorage.",
            self.size, self.max
        )
    }
}

impl CheckpointStorage {
    /// Flink's default: the JobManager's memory, up to 5 MiB each piece.
    pub fn job_manager() -> Self {
        Self {
            place: CheckpointPlace::JobManager { state_size_max: 5 << 20 },
            savepoints: Some("savepoints".into()),
            savepoint_name: "savepoint".into(),
        }
    }

    /// As the settings of a job say, whose id is `job`, on a cluster with this directory for savepoints.
    pub fn of_job(settings: &CheckpointSettings, job: &str, savepoints: Option<&Rc<str>>) -> Self {
        let place = match settings.storage {
            settings::CheckpointStorage::JobManager => Self::job_manager().place,
            settings::CheckpointStorage::FileSystem => CheckpointPlace::FileSystem {
                directory: if settings.has_job_directory {
                    format!("{}/{job}", settings.directory).into()
                } else {
                    Rc::clone(&settings.directory)
                },
                inline_max: u64::from(settings.inline_max),
            },
        };
        let savepoints = settings.savepoint_directory.as_ref().or(savepoints).cloned();
        Self { place, savepoints, savepoint_name: format!("savepoint-{}", &job[..6]).into() }
    }

    /// Where a snapshot's own files are: `chk-3`; nothing where there are no files.
    pub fn directory_of(&self, of: SnapshotId) -> Option<Rc<str>> {
        match &self.place {
            _ if of.snapshot.is_savepoint() => {
                let parent = of.target.or(self.savepoints.as_deref())?;
                Some(format!("{parent}/{}-{:012x}", self.savepoint_name, of.checkpoint).into())
            }
            CheckpointPlace::JobManager { .. } => None,
            CheckpointPlace::FileSystem { directory, .. } => {
                Some(format!("{directory}/chk-{}", of.checkpoint).into())
            }
        }
    }

    /// A handle for bytes that are written for a snapshot, and the file that must be written for it. A savepoint
    /// shares nothing.
    pub fn place(
        &self,
        of: SnapshotId,
        scope: StateScope,
        name: &str,
        bytes: &Rc<[u8]>,
    ) -> Result<(StreamStateHandle, Option<FileWrite>), StateTooLarge> {
        let size = bytes.len() as u64;
        let directory = match &self.place {
            CheckpointPlace::JobManager { state_size_max } if size > *state_size_max => {
                return Err(StateTooLarge { size, max: *state_size_max });
            }
            CheckpointPlace::FileSystem { directory, inline_max } if size > *inline_max => directory,
            _ => return Ok((StreamStateHandle::Bytes(Rc::clone(bytes)), None)),
        };
        let path: Rc<str> = match (scope, self.directory_of(of)) {
            (StateScope::Exclusive, Some(own)) => format!("{own}/{name}"),
            _ => format!("{directory}/shared/{name}-{}", of.checkpoint),
        }
        .into();
        let handle = StreamStateHandle::File { path: Rc::clone(&path), size };
        Ok((handle, Some(FileWrite { path, bytes: Rc::clone(bytes) })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_state_stays_in_its_handle_and_large_goes_to_a_file() {
        let place = CheckpointPlace::FileSystem { directory: "checkpoints/job".into(), inline_max: 3 };
        let storage = CheckpointStorage {
            place,
            savepoints: Some("savepoints".into()),
            savepoint_name: "savepoint-abcdef".into(),
        };
        let bytes = |length| vec![7; length].into();
        let of = |checkpoint, snapshot| SnapshotId { checkpoint, snapshot, target: None };
        let first = of(1, SnapshotType::Checkpoint);
        let (inline, none) = storage.place(first, StateScope::Exclusive, "a", &bytes(3)).unwrap();
        assert_eq!((inline, none), (StreamStateHandle::Bytes(bytes(3)), None));
        let (handle, write) = storage.place(first, StateScope::Exclusive, "a", &bytes(4)).unwrap();
        let path: Rc<str> = "checkpoints/job/chk-1/a".into();
        assert_eq!(handle, StreamStateHandle::File { path: Rc::clone(&path), size: 4 });
        assert_eq!(write, Some(FileWrite { path, bytes: bytes(4) }));
        let path = |of, scope| storage.place(of, scope, "b", &bytes(4)).unwrap().1.unwrap().path;
        assert_eq!(&*path(of(9, SnapshotType::Checkpoint), StateScope::Shared), "checkpoints/job/shared/b-9");
        let savepoint = of(26, SnapshotType::Savepoint);
        assert_eq!(&*path(savepoint, StateScope::Exclusive), "savepoints/savepoint-abcdef-00000000001a/b");
        let elsewhere = SnapshotId { target: Some("there"), ..savepoint };
        assert_eq!(&*path(elsewhere, StateScope::Exclusive), "there/savepoint-abcdef-00000000001a/b");
        let nowhere = CheckpointStorage { savepoints: None, ..storage.clone() };
        assert_eq!(nowhere.directory_of(savepoint), None);
    }

    #[test]
    fn the_job_managers_memory_is_small() {
        let place = CheckpointPlace::JobManager { state_size_max: 3 };
        let storage = CheckpointStorage { place, ..CheckpointStorage::job_manager() };
        let first = SnapshotId { checkpoint: 1, snapshot: SnapshotType::Checkpoint, target: None };
        assert!(storage.place(first, StateScope::Exclusive, "a", &[1, 2, 3].into()).is_ok());
        let error = storage.place(first, StateScope::Exclusive, "a", &[1, 2, 3, 4].into()).unwrap_err();
        assert!(error.to_string().contains("Size=4, maxSize=3. Consider"));
        assert_eq!(storage.directory_of(first), None);
    }
}
