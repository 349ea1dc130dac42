//! Who still needs a file that several checkpoints share.
//!
//! Contract: a file is known by its backend and its name there. It is stored by the first checkpoint that brings it;
//! later ones name it by a placeholder, or bring it again before they know, and use the one that is there. It goes when
//! no checkpoint is left that uses it, unless a snapshot brought it that belongs to somebody else. Flink:
//! `SharedStateRegistryImpl`, `SharedStateRegistryKey`.

use std::fmt;
use std::rc::Rc;

use super::handles::{BackendFile, IncrementalKeyedStateHandle, StreamStateHandle};
use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;

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

/// A checkpoint names a file that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationError {
    name: Rc<str>,
}

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt to reference unknown state: {}", self.name)
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

    /// Takes what a subtask handed in for a checkpoint: the same with the files that its placeholders stand for, and
    /// files that it brought in vain go to `duplicates`. Nothing changes where one is refused.
    pub fn register(
        &mut self,
        handle: &IncrementalKeyedStateHandle,
        checkpoint: u64,
        duplicates: &mut Vec<StreamStateHandle>,
    ) -> Result<IncrementalKeyedStateHandle, RegistrationError> {
        let known = |file: &BackendFile| self.entries.get(&key_of(handle, file));
        if let Some(file) = handle.shared.iter().find(|file| file.is_placeholder && known(file).is_none()) {
            return Err(RegistrationError { name: Rc::clone(&file.name) });
        }
        let highest_not_claimed = self.highest_not_claimed;
        let entries = own_seldom(&mut self.entries);
        let mut shared = Vec::with_capacity(handle.shared.len());
        for file in handle.shared.iter() {
            let new = || SharedStateEntry {
                data: file.data.clone(),
                created_by: checkpoint,
                last_used_by: checkpoint,
            };
            let entry = entries.entry(key_of(handle, file)).or_insert_with(new);
            if !file.is_placeholder && entry.data != file.data {
                if entry.created_by <= highest_not_claimed {
                    // What is not ours is not built upon where there is the same of ours.
                    *entry = new();
                } else {
                    duplicates.push(file.data.clone());
                }
            }
            entry.last_used_by = entry.last_used_by.max(checkpoint);
            // It stays told which files this checkpoint did not bring: their bytes are not its own.
            let (name, is_placeholder) = (Rc::clone(&file.name), file.is_placeholder);
            shared.push(BackendFile { name, data: entry.data.clone(), is_placeholder });
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
        own_seldom(&mut self.entries).retain(|_, entry| {
            let is_used = entry.last_used_by >= lowest;
            if !is_used && entry.created_by > highest_not_claimed {
                unused.push(entry.data.clone());
            }
            is_used
        });
        unused
    }

    /// All that is in use, with the newest checkpoint that uses it.
    pub fn used(&self) -> impl Iterator<Item = (&StreamStateHandle, u64)> {
        self.entries.values().map(|entry| (&entry.data, entry.last_used_by))
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

    fn register(
        registry: &mut SharedStateRegistry,
        files: &[&str],
        checkpoint: u64,
    ) -> Vec<StreamStateHandle> {
        let mut duplicates = Vec::new();
        let registered = registry.register(&handle(files), checkpoint, &mut duplicates).unwrap();
        assert!(duplicates.is_empty());
        registered.shared.iter().map(|file| file.data.clone()).collect()
    }

    #[test]
    fn a_file_goes_with_the_last_checkpoint_that_uses_it() {
        let mut registry = SharedStateRegistry::default();
        register(&mut registry, &["1", "2"], 1);
        assert_eq!(register(&mut registry, &["2*", "3"], 2)[0], data("2"));
        assert_eq!(registry.unregister_unused(1), []);
        assert_eq!(registry.unregister_unused(2), [data("1")]);
        assert_eq!(registry.unregister_unused(3), [data("2"), data("3")]);
        assert!(registry.is_empty());
    }

    #[test]
    fn what_is_unknown_is_refused_and_changes_nothing() {
        let mut registry = SharedStateRegistry::default();
        register(&mut registry, &["1"], 1);
        let unknown = registry.register(&handle(&["2", "3*"]), 2, &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(unknown, "Attempt to reference unknown state: 3");
        assert_eq!(registry.len(), 1);
    }

    #[test]
    fn what_is_brought_twice_is_kept_once() {
        let mut registry = SharedStateRegistry::default();
        register(&mut registry, &["1"], 1);
        let mut again = handle(&["1"]);
        again.shared = [BackendFile { data: data("elsewhere"), ..again.shared[0].clone() }].into();
        let mut duplicates = Vec::new();
        let registered = registry.register(&again, 2, &mut duplicates).unwrap();
        assert_eq!((&registered.shared[0].data, &*duplicates), (&data("1"), &[data("elsewhere")][..]));
        assert_eq!(registry.unregister_unused(2), [], "the second one uses it");
    }

    #[test]
    fn files_of_a_snapshot_that_was_not_claimed_are_never_deleted() {
        let mut registry = SharedStateRegistry::default();
        registry.restored(5, false);
        register(&mut registry, &["1"], 5);
        register(&mut registry, &["2"], 6);
        assert_eq!(registry.unregister_unused(9), [data("2")]);
        registry.restored(10, true);
        register(&mut registry, &["3"], 10);
        assert_eq!(registry.unregister_unused(11), [data("3")]);
    }

    #[test]
    fn a_full_checkpoint_takes_the_place_of_what_is_not_ours() {
        let mut registry = SharedStateRegistry::default();
        registry.restored(5, false);
        register(&mut registry, &["1"], 5);
        let mut full = handle(&["1"]);
        full.shared = [BackendFile { data: data("ours"), ..full.shared[0].clone() }].into();
        let registered = registry.register(&full, 6, &mut Vec::new()).unwrap();
        assert_eq!(registered.shared[0].data, data("ours"));
        assert_eq!(register(&mut registry, &["1*"], 7), [data("ours")]);
        assert_eq!(registry.unregister_unused(8), [data("ours")]);
    }
}
