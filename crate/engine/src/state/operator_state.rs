//! Operator state: named lists that belong to a subtask, not to a key.
//!
//! Contract: each name is one list, of one mode. What was restored is there before the operator asks for it. A clone
//! costs a reference count a list. Where types were declared, its bytes begin with them. Flink: `DefaultOperatorStateBackend`, `PartitionableListState`.

use std::rc::Rc;

use super::bytes::{ByteReader, FileKind, begin_file, end_file, open_file, put_bytes, put_value};
use super::error::{StateError, StateFault};
use super::handle::{OperatorStateEntries, OperatorStateMode};
use super::type_information::{SerializerOf, convert, convert_any};
use crate::base::own::own_seldom;
use crate::record::Value;

/// A list of the operator. Flink: `PartitionableListState`.
#[derive(Clone, Debug)]
struct OperatorList {
    name: Rc<str>,
    mode: OperatorStateMode,
    entries: Rc<Vec<Value>>,
    /// The type that was declared, by who wrote it until the operator asks for it.
    declared: Value,
}

/// Before each name and the type that was declared for it; no value begins with it. Since version 3.
const TYPE: u8 = 0xff;

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
        self.lists.push(OperatorList {
            name: Rc::from(name),
            mode,
            entries: Rc::default(),
            declared: Value::Null,
        });
        Ok(OperatorListId(self.lists.len() as u32 - 1))
    }

    /// What it holds is of this type; null takes everything. What was restored is made to fit, if it can be.
    pub fn declare(&mut self, id: OperatorListId, declared: &Value) -> Result<(), StateError> {
        let refused = |was| StateFault::Incompatible {
            part: "state typeSerializer for operator state",
            on_heap: false,
            was,
            wanted: SerializerOf::Type(declared.clone()),
        };
        let was = &self.lists[id.0 as usize].declared;
        if convert_any(declared, was, true).is_none() {
            return Err(refused(SerializerOf::Type(was.clone())).into());
        }
        let fit = |entry: &Value| {
            convert(declared, entry).ok_or_else(|| refused(SerializerOf::Value(entry.clone())))
        };
        let fitting: Result<_, _> = self.entries(id).iter().map(fit).collect();
        self.update(id, fitting?);
        self.set_declared(id, declared.clone());
        Ok(())
    }

    /// What it holds is of this type, as is known.
    pub fn set_declared(&mut self, id: OperatorListId, declared: Value) {
        self.lists[id.0 as usize].declared = declared;
    }

    /// The type that was declared for the list of this name; null where there is none.
    pub fn declared(&self, name: &str) -> Value {
        let list = self.lists.iter().find(|list| &*list.name == name);
        list.map(|list| list.declared.clone()).unwrap_or_default()
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
        own_seldom(&mut self.lists[id.0 as usize].entries).push(entry);
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
        for list in self.lists.iter().filter(|list| !list.declared.is_null()) {
            file.push(TYPE);
            put_bytes(&mut file, list.name.as_bytes());
            put_value(&mut file, &list.declared);
        }
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
        let mut body = open_file(file, FileKind::Operator)?;
        for state in states {
            let mut entries = Vec::with_capacity(state.offsets.len());
            for &offset in &*state.offsets {
                entries.push(ByteReader(file).at(offset)?.value()?);
            }
            let id = self.list_state(&state.name, state.mode)?;
            own_seldom(&mut self.lists[id.0 as usize].entries).append(&mut entries);
        }
        while body.u8() == Ok(TYPE) {
            let (name, declared) = (body.text()?, body.value()?);
            if let Some(list) = self.lists.iter_mut().find(|list| list.name == name) {
                list.declared = declared;
            }
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
        assert!(bytes[14] != TYPE, "nothing was declared");
        let error = restored.list_state("all", OperatorStateMode::SplitDistribute).unwrap_err().to_string();
        assert_eq!(
            error,
            "Incompatible state assignment modes. Was [UNION], registered with [SPLIT_DISTRIBUTE]."
        );
    }

    #[test]
    fn a_list_of_nothing_keeps_its_type() {
        let mut state = OperatorStateBackend::default();
        let plain = state.list_state("plain", OperatorStateMode::Union).unwrap();
        state.update(plain, vec!["a".into()]);
        let list = state.list_state("counts", OperatorStateMode::SplitDistribute).unwrap();
        state.declare(list, &"Long".into()).unwrap();
        let OperatorStateBytes { states, bytes } = state.write().unwrap();
        let mut restored = OperatorStateBackend::default();
        restored.read(&states, &bytes).unwrap();
        assert_eq!(*restored.restored("plain"), ["a".into()]);
        let list = restored.list_state("counts", OperatorStateMode::SplitDistribute).unwrap();
        assert_eq!(
            restored.declare(list, &"String".into()).unwrap_err().to_string(),
            "StateMigrationException: The new state typeSerializer for operator state must not be incompatible: it \
             was LongSerializer, and is StringSerializer."
        );
        assert_eq!(restored.declare(list, &"Long".into()), Ok(()));
        assert_eq!(restored.write().unwrap().bytes, bytes, "it is written again");
        assert_eq!(restored.declare(list, &Value::Null), Ok(()));
    }
}
