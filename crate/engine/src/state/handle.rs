//! What stands for state that was written: where its bytes are, and what of them is whose.
//!
//! Contract: plain data, cheap to clone; whoever has a handle can read the state, on any subtask. Flink:
//! `StreamStateHandle` with `ByteStreamStateHandle` and `FileStateHandle`, `KeyGroupsStateHandle`,
//! `IncrementalRemoteKeyedStateHandle`, `OperatorStreamStateHandle`.

use std::rc::Rc;

use super::key_groups::KeyGroupRange;

/// Where bytes of state are. Flink: `StreamStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamStateHandle {
    /// In the handle itself, hence in the checkpoint's metadata. Flink: `ByteStreamStateHandle`.
    Bytes(Rc<[u8]>),
    /// In a file of the checkpoint storage. Flink: `FileStateHandle`.
    File { path: Rc<str>, size: u64 },
}

impl StreamStateHandle {
    /// How many bytes there are. Flink: `StateObject#getStateSize`.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

/// Keyed state in one piece, readable by key group. Flink: `KeyGroupsStateHandle`, `KeyGroupsSavepointStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGroupsStateHandle {
    pub range: KeyGroupRange,
    /// Where each key group of the range begins in the bytes. Flink: `KeyGroupRangeOffsets`.
    pub offsets: Rc<[u64]>,
    pub data: StreamStateHandle,
}

/// A file of a state backend, by the name that it has there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendFile {
    pub name: Rc<str>,
    pub data: StreamStateHandle,
    /// Whether this checkpoint did not write it: an earlier one did, and the registry knows where it is. Flink:
    /// `PlaceholderStreamStateHandle`.
    pub is_placeholder: bool,
}

/// Keyed state as the files of a backend, of which several checkpoints share some. Flink:
/// `IncrementalRemoteKeyedStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncrementalKeyedStateHandle {
    pub range: KeyGroupRange,
    /// The backend that wrote it: with a file's name, what the registry knows the file by.
    pub backend_id: Rc<str>,
    pub checkpoint_id: u64,
    /// Files that never change once they are written. Flink: `sharedState`.
    pub shared: Rc<[BackendFile]>,
    /// What belongs to this checkpoint alone. Flink: `privateState`.
    pub private: Rc<[BackendFile]>,
    /// Which states there are, and which files hold what. Flink: `metaStateHandle`.
    pub meta: StreamStateHandle,
}

/// Keyed state of one subtask. Flink: `KeyedStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyedStateHandle {
    KeyGroups(KeyGroupsStateHandle),
    Incremental(Rc<IncrementalKeyedStateHandle>),
}

impl KeyedStateHandle {
    /// The key groups that it has state of.
    pub fn range(&self) -> KeyGroupRange {
        match self {
            Self::KeyGroups(handle) => handle.range,
            Self::Incremental(handle) => handle.range,
        }
    }

    /// The same of the key groups that are in a range; `None` if none is. Files that hold several groups stay
    /// whole: who reads them leaves out what is not its own. Flink: `getIntersection`.
    pub fn intersection(&self, range: KeyGroupRange) -> Option<Self> {
        let common = self.range().intersection(range)?;
        Some(match self {
            Self::KeyGroups(handle) => {
                let first = (common.start - handle.range.start) as usize;
                let offsets = handle.offsets.iter().skip(first).take(common.group_count() as usize);
                Self::KeyGroups(KeyGroupsStateHandle {
                    range: common,
                    offsets: offsets.copied().collect(),
                    data: handle.data.clone(),
                })
            }
            Self::Incremental(handle) => Self::Incremental(Rc::clone(handle)),
        })
    }

    /// The pieces of bytes that it stands for.
    pub fn parts(&self) -> impl Iterator<Item = &StreamStateHandle> {
        let (one, files, meta) = match self {
            Self::KeyGroups(handle) => (Some(&handle.data), [&[][..]; 2], None),
            Self::Incremental(handle) => (None, [&*handle.shared, &*handle.private], Some(&handle.meta)),
        };
        let files = files.into_iter().flatten().map(|file| &file.data);
        one.into_iter().chain(files).chain(meta)
    }

    /// How many bytes it stands for, shared ones too.
    pub fn size(&self) -> u64 {
        self.parts().map(StreamStateHandle::size).sum()
    }

    /// The same without what earlier checkpoints wrote. Flink: `getCheckpointedSize`.
    pub fn checkpointed_size(&self) -> u64 {
        match self {
            Self::KeyGroups(handle) => handle.data.size(),
            Self::Incremental(handle) => {
                let files = handle.shared.iter().chain(handle.private.iter());
                let new = files.filter(|file| !file.is_placeholder);
                new.map(|file| file.data.size()).sum::<u64>() + handle.meta.size()
            }
        }
    }
}

/// How entries of operator state are given to the subtasks of another parallelism. Flink:
/// `OperatorStateHandle.Mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorStateMode {
    /// Each entry to one subtask. Flink: `getListState`.
    SplitDistribute,
    /// All to each. Flink: `getUnionListState`.
    Union,
    /// Each subtask has the same, and takes one of the copies. Flink: `getBroadcastState`.
    Broadcast,
}

impl OperatorStateMode {
    /// All modes, in the order of their numbers in files.
    pub const ALL: [Self; 3] = [Self::SplitDistribute, Self::Union, Self::Broadcast];

    /// Its name in Flink.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SplitDistribute => "SPLIT_DISTRIBUTE",
            Self::Union => "UNION",
            Self::Broadcast => "BROADCAST",
        }
    }
}

/// Where the entries of one named operator state are. Flink: `OperatorStateHandle.StateMetaInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStateEntries {
    pub name: Rc<str>,
    pub mode: OperatorStateMode,
    /// Where each entry begins in the bytes.
    pub offsets: Rc<[u64]>,
}

/// Operator state of one subtask. Flink: `OperatorStreamStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStateHandle {
    /// By name, each name once.
    pub states: Rc<[OperatorStateEntries]>,
    pub data: StreamStateHandle,
}
