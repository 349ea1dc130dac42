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
pub enum CheckpointStorage {
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
    pub const fn job_manager() -> Self {
        Self::JobManager { state_size_max: 5 << 20 }
    }

    /// A directory, with Flink's threshold of 20 KiB.
    pub const fn file_system(directory: Rc<str>) -> Self {
        Self::FileSystem { directory, inline_max: 20 << 10 }
    }

    /// Where a checkpoint's own files are: `chk-3`; nothing where there are no files.
    pub fn directory_of(&self, checkpoint: u64) -> Option<String> {
        match self {
            Self::JobManager { .. } => None,
            Self::FileSystem { directory, .. } => Some(format!("{directory}/chk-{checkpoint}")),
        }
    }

    /// A handle for bytes that are written for a checkpoint, and the file that must be written for it.
    pub fn place(
        &self,
        checkpoint: u64,
        scope: StateScope,
        name: &str,
        bytes: &Rc<[u8]>,
    ) -> Result<(StreamStateHandle, Option<FileWrite>), StateTooLarge> {
        let size = bytes.len() as u64;
        let directory = match self {
            Self::JobManager { state_size_max } if size > *state_size_max => {
                return Err(StateTooLarge { size, max: *state_size_max });
            }
            Self::FileSystem { directory, inline_max } if size > *inline_max => directory,
            _ => return Ok((StreamStateHandle::Bytes(Rc::clone(bytes)), None)),
        };
        let path: Rc<str> = match scope {
            StateScope::Exclusive => format!("{directory}/chk-{checkpoint}/{name}"),
            StateScope::Shared => format!("{directory}/shared/{name}"),
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
        let storage = CheckpointStorage::FileSystem { directory: "checkpoints/job".into(), inline_max: 3 };
        let bytes = |length| vec![7; length].into();
        let (inline, none) = storage.place(1, StateScope::Exclusive, "a", &bytes(3)).unwrap();
        assert_eq!((inline, none), (StreamStateHandle::Bytes(bytes(3)), None));
        let (handle, write) = storage.place(1, StateScope::Exclusive, "a", &bytes(4)).unwrap();
        let path: Rc<str> = "checkpoints/job/chk-1/a".into();
        assert_eq!(handle, StreamStateHandle::File { path: Rc::clone(&path), size: 4 });
        assert_eq!(write, Some(FileWrite { path, bytes: bytes(4) }));
        let (_, write) = storage.place(9, StateScope::Shared, "b", &bytes(4)).unwrap();
        assert_eq!(&*write.unwrap().path, "checkpoints/job/shared/b");
    }

    #[test]
    fn the_job_managers_memory_is_small() {
        let storage = CheckpointStorage::JobManager { state_size_max: 3 };
        assert!(storage.place(1, StateScope::Exclusive, "a", &[1, 2, 3].into()).is_ok());
        let error = storage.place(1, StateScope::Exclusive, "a", &[1, 2, 3, 4].into()).unwrap_err();
        assert!(error.to_string().contains("Size=4, maxSize=3. Consider"));
    }
}
