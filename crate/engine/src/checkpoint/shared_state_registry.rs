//! Who still needs a file that several checkpoints share.
//!
//! Contract: a file is known by its backend and its name there. It is stored by the first checkpoint that brings it;
//! later ones name it by a placeholder. It goes when no checkpoint is left that uses it, unless a snapshot brought it
//! that belongs to somebody else. Flink: `SharedStateRegistryImpl`, `SharedStateRegistryKey`.

use std::fmt;
use std::rc::Rc;

use super::handles::{BackendFile, IncrementalKeyedStateHandle, StreamStateHandle};
use crate::base::ordered::SortedMap;

/// A file's backend and its name.
type Key = (Rc<str>, Rc<str>);

/// A file that is in use. Flink: `SharedStateEntry`.
#[derive(Clone, Debug)]
struct SharedStateEntry {
    data: StreamStateHandle,
    /// The checkpoint that brought it.
    created_by: u64,
    /// The newest one that uses it.
    last_used_by: u64,
}

/// A checkpoint names a file that nobody knows, or one that is another here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationError {
    Unknown { name: Rc<str> },
    Other { name: Rc<str> },
}

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "Attempt to reference unknown state: {name}"),
            Self::Other { name } => write!(f, "The registered handle of {name} should equal a new one."),
        }
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct SharedStateRegistry {
    entries: Rc<SortedMap<Key, SharedStateEntry>>,
    /// Up to here, checkpoints were restored and not claimed: their files are not ours to delete.
    highest_not_claimed: u64,
}

impl SharedStateRegistry {
    /// A checkpoint was restored. Whether its files are ours from now on is known by how. Flink:
    /// `registerAllAfterRestored`.
    pub fn restored(&mut self, checkpoint: u64, is_claimed: bool) {
        if !is_claimed {
            self.highest_not_claimed = self.highest_not_claimed.max(checkpoint);
        }
    }

    /// Takes what a subtask handed in for a checkpoint: the same with the files that its placeholders stand for.
    /// Nothing changes where one is refused.
    pub fn register(
        &mut self,
        handle: &IncrementalKeyedStateHandle,
        checkpoint: u64,
    ) -> Result<IncrementalKeyedStateHandle, RegistrationError> {
        let mut shared = Vec::with_capacity(handle.shared.len());
        for file in handle.shared.iter() {
            let name = Rc::clone(&file.name);
            let data = match self.entries.get(&key_of(handle, file)) {
                Some(known) if file.is_placeholder || known.data == file.data => known.data.clone(),
                Some(_) => return Err(RegistrationError::Other { name }),
                None if file.is_placeholder => return Err(RegistrationError::Unknown { name }),
                None => file.data.clone(),
            };
            // It stays told which files this checkpoint did not bring: their bytes are not its own.
            shared.push(BackendFile { name, data, is_placeholder: file.is_placeholder });
        }
        let entries = Rc::make_mut(&mut self.entries);
        for file in &shared {
            let entry = entries.entry(key_of(handle, file)).or_insert_with(|| SharedStateEntry {
                data: file.data.clone(),
                created_by: checkpoint,
                last_used_by: checkpoint,
            });
            entry.last_used_by = entry.last_used_by.max(checkpoint);
        }
        Ok(IncrementalKeyedStateHandle { shared: shared.into(), ..handle.clone() })
    }

    /// No checkpoint before `lowest` is kept any more: the files that only such ones use are forgotten. Answers those
    /// that are to be deleted. Flink: `unregisterUnusedState`.
    pub fn unregister_unused(&mut self, lowest: u64) -> Vec<StreamStateHandle> {
        if self.entries.values().all(|entry| entry.last_used_by >= lowest) {
            return vec![];
        }
        let mut unused = Vec::new();
        let highest_not_claimed = self.highest_not_claimed;
        Rc::make_mut(&mut self.entries).retain(|_, entry| {
            let is_used = entry.last_used_by >= lowest;
            if !is_used && entry.created_by > highest_not_claimed {
                unused.push(entry.data.clone());
            }
            is_used
        });
        unused
    }

    /// How many files are in use.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn key_of(handle: &IncrementalKeyedStateHandle, file: &BackendFile) -> Key {
    (Rc::clone(&handle.backend_id), Rc::clone(&file.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::key_groups::KeyGroupRange;

    /// Files by name; those with `*` are placeholders.
    fn handle(files: &[&str]) -> IncrementalKeyedStateHandle {
        let shared = files.iter().map(|name| BackendFile {
            name: name.trim_end_matches('*').into(),
            data: data(if name.ends_with('*') { "" } else { name }),
            is_placeholder: name.ends_with('*'),
        });
        IncrementalKeyedStateHandle {
            range: KeyGroupRange { start: 0, end: 127 },
            backend_id: "b".into(),
            checkpoint_id: 0,
            shared: shared.collect(),
            private: [].into(),
            meta: StreamStateHandle::Bytes([].into()),
        }
    }

    fn data(path: &str) -> StreamStateHandle {
        StreamStateHandle::File { path: path.into(), size: 1 }
    }

    #[test]
    fn a_file_goes_with_the_last_checkpoint_that_uses_it() {
        let mut registry = SharedStateRegistry::default();
        registry.register(&handle(&["1", "2"]), 1).unwrap();
        let second = registry.register(&handle(&["2*", "3"]), 2).unwrap();
        assert_eq!(second.shared[0].data, data("2"));
        assert_eq!(registry.unregister_unused(1), []);
        assert_eq!(registry.unregister_unused(2), [data("1")]);
        assert_eq!(registry.unregister_unused(3), [data("2"), data("3")]);
        assert!(registry.is_empty());
    }

    #[test]
    fn what_is_unknown_or_another_is_refused_and_changes_nothing() {
        let mut registry = SharedStateRegistry::default();
        registry.register(&handle(&["1"]), 1).unwrap();
        let unknown = registry.register(&handle(&["2", "3*"]), 2).unwrap_err().to_string();
        assert_eq!(unknown, "Attempt to reference unknown state: 3");
        let mut other = handle(&["1"]);
        other.shared = [BackendFile { data: data("elsewhere"), ..other.shared[0].clone() }].into();
        assert!(matches!(registry.register(&other, 2), Err(RegistrationError::Other { .. })));
        assert_eq!(registry.len(), 1);
    }

    #[test]
    fn files_of_a_snapshot_that_was_not_claimed_are_never_deleted() {
        let mut registry = SharedStateRegistry::default();
        registry.restored(5, false);
        registry.register(&handle(&["1"]), 5).unwrap();
        registry.register(&handle(&["2"]), 6).unwrap();
        assert_eq!(registry.unregister_unused(9), [data("2")]);
        registry.restored(10, true);
        registry.register(&handle(&["3"]), 10).unwrap();
        assert_eq!(registry.unregister_unused(11), [data("3")]);
    }
}
