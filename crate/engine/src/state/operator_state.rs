//! Operator state: named lists that belong to a subtask, not to a key.
//!
//! Contract: each name is one list, of one mode. What was restored is there before the operator asks for it. A clone
//! costs a reference count a list. Flink: `DefaultOperatorStateBackend`, `PartitionableListState`.

use std::rc::Rc;

use super::bytes::{ByteReader, FileKind, begin_file, end_file, open_file, put_value};
use super::error::{StateError, StateFault};
use super::handle::{OperatorStateEntries, OperatorStateMode};
use super::type_information::{SerializerOf, convert};
use crate::record::Value;

/// A list of the operator. Flink: `PartitionableListState`.
#[derive(Clone, Debug)]
struct OperatorList {
    name: Rc<str>,
    mode: OperatorStateMode,
    entries: Rc<Vec<Value>>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct OperatorStateBackend {
    /// In the order in which they were asked for, restored ones first.
    lists: Vec<OperatorList>,
}

/// A list that was asked for: its place among those of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorListId(pub u32);

/// Operator state as bytes, and where each entry begins in them.
#[derive(Clone, Debug)]
pub struct OperatorStateBytes {
    pub states: Rc<[OperatorStateEntries]>,
    pub bytes: Rc<[u8]>,
}

impl OperatorStateBackend {
    /// The list of this name, made if it is new. Flink: `getListState`, `getUnionListState`.
    pub fn list_state(&mut self, name: &str, mode: OperatorStateMode) -> Result<OperatorListId, StateError> {
        if let Some(at) = self.lists.iter().position(|list| &*list.name == name) {
            let was = self.lists[at].mode;
            return if was == mode {
                Ok(OperatorListId(at as u32))
            } else {
                Err(StateFault::OtherMode { was, wanted: mode }.into())
            };
        }
        self.lists.push(OperatorList { name: Rc::from(name), mode, entries: Rc::default() });
        Ok(OperatorListId(self.lists.len() as u32 - 1))
    }

    /// What it holds is of this type; null takes everything. What was restored is made to fit, if it can be.
    pub fn declare(&mut self, id: OperatorListId, declared: &Value) -> Result<(), StateError> {
        let fit = |entry: &Value| {
            convert(declared, entry).ok_or_else(|| StateFault::Incompatible {
                part: "state typeSerializer for operator state",
                on_heap: false,
                was: SerializerOf::Value(entry.clone()),
                wanted: SerializerOf::Type(declared.clone()),
            })
        };
        let fitting: Result<_, _> = self.entries(id).iter().map(fit).collect();
        self.update(id, fitting?);
        Ok(())
    }

    /// Whether there is such a list.
    pub const fn has(&self, id: OperatorListId) -> bool {
        (id.0 as usize) < self.lists.len()
    }

    /// Its entries.
    pub fn entries(&self, id: OperatorListId) -> &Rc<Vec<Value>> {
        &self.lists[id.0 as usize].entries
    }

    /// Adds an entry.
    pub fn add(&mut self, id: OperatorListId, entry: Value) {
        Rc::make_mut(&mut self.lists[id.0 as usize].entries).push(entry);
    }

    /// Replaces the entries.
    pub fn update(&mut self, id: OperatorListId, entries: Vec<Value>) {
        self.lists[id.0 as usize].entries = Rc::new(entries);
    }

    /// What the list of this name holds; nothing where there is none. It needs no registration.
    pub fn restored(&self, name: &str) -> Rc<Vec<Value>> {
        let list = self.lists.iter().find(|list| &*list.name == name);
        list.map(|list| Rc::clone(&list.entries)).unwrap_or_default()
    }

    /// Sets what the list of this name holds.
    pub fn set(
        &mut self,
        name: &str,
        mode: OperatorStateMode,
        entries: Vec<Value>,
    ) -> Result<(), StateError> {
        let id = self.list_state(name, mode)?;
        self.update(id, entries);
        Ok(())
    }

    /// All lists, for the inspector: name, mode, entries.
    pub fn lists(&self) -> impl Iterator<Item = (&Rc<str>, OperatorStateMode, &[Value])> {
        self.lists.iter().map(|list| (&list.name, list.mode, list.entries.as_slice()))
    }

    /// As bytes; `None` where there is no list. Flink: `DefaultOperatorStateBackendSnapshotStrategy`.
    pub fn write(&self) -> Option<OperatorStateBytes> {
        if self.lists.is_empty() {
            return None;
        }
        let mut file = begin_file(FileKind::Operator);
        let mut states = Vec::with_capacity(self.lists.len());
        for list in &self.lists {
            let mut offsets = Vec::with_capacity(list.entries.len());
            for entry in list.entries.iter() {
                offsets.push(file.len() as u64);
                put_value(&mut file, entry);
            }
            let name = Rc::clone(&list.name);
            states.push(OperatorStateEntries { name, mode: list.mode, offsets: offsets.into() });
        }
        Some(OperatorStateBytes { states: states.into(), bytes: end_file(file) })
    }

    /// Adds what was written: of each list the entries that are named, which need not be all. Flink:
    /// `OperatorStateRestoreOperation`.
    pub fn read(&mut self, states: &[OperatorStateEntries], file: &[u8]) -> Result<(), StateError> {
        open_file(file, FileKind::Operator)?;
        for state in states {
            let mut entries = Vec::with_capacity(state.offsets.len());
            for &offset in &*state.offsets {
                entries.push(ByteReader(file).at(offset)?.value()?);
            }
            let id = self.list_state(&state.name, state.mode)?;
            Rc::make_mut(&mut self.lists[id.0 as usize].entries).append(&mut entries);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_written_and_read_entry_by_entry() {
        let mut state = OperatorStateBackend::default();
        let list = state.list_state("offsets", OperatorStateMode::SplitDistribute).unwrap();
        state.update(list, vec![1.into(), ("a", 2).into(), Value::Null]);
        state.set("all", OperatorStateMode::Union, vec![7.into()]).unwrap();
        let OperatorStateBytes { mut states, bytes } = state.write().unwrap();
        // A subtask that gets the last two of three.
        Rc::make_mut(&mut states)[0].offsets = states[0].offsets[1..].into();
        let mut restored = OperatorStateBackend::default();
        restored.read(&states, &bytes).unwrap();
        restored.read(&states[1..], &bytes).unwrap();
        assert_eq!(*restored.restored("offsets"), [("a", 2).into(), Value::Null]);
        assert_eq!(*restored.restored("all"), [7.into(), 7.into()]);
        assert!(restored.restored("other").is_empty());
        let error = restored.list_state("all", OperatorStateMode::SplitDistribute).unwrap_err().to_string();
        assert_eq!(
            error,
            "Incompatible state assignment modes. Was [UNION], registered with [SPLIT_DISTRIBUTE]."
        );
    }
}
