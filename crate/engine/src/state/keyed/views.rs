//! Keyed state as it is looked at from outside.
//!
//! Contract: looking changes nothing, and costs nothing while nobody looks. State that is not in the tables is read into
//! tables for it.

use std::rc::Rc;

use super::ttl::unwrapped;
use super::{KeyedState, RegisteredState};
use crate::record::Value;
use crate::record::hash_order::order_of;
use crate::record::java_hash;
use crate::state::StateId;
use crate::state::key_groups::bit_mix;
use crate::state::namespace::Namespace;
use crate::state::table::{GroupTable, StateValue, TableKey, value_in};

/// One entry, for the inspector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the state.
    pub state: Rc<str>,
    pub key_group: u32,
    pub key: Value,
    /// What it is for beside the key: a window, or nothing.
    pub namespace: Namespace,
    /// What the state holds for the key, as Java would print it.
    pub value: String,
}

/// Java's hash code of Flink's `VoidNamespace`.
const VOID_NAMESPACE_HASH: i32 = 99;

/// An entry that two snapshots do not have alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryChange {
    /// Name of the state.
    pub state: Rc<str>,
    pub key_group: u32,
    pub key: Value,
    pub namespace: Namespace,
    /// Text of the value; `None` where there was no entry.
    pub before: Option<String>,
    /// The same; `None` where there is no entry now.
    pub after: Option<String>,
}

impl RegisteredState {
    /// What a state holds, as Java would print it, without the times that go with it.
    fn text_of(&self, value: &StateValue) -> String {
        match self.descriptor.ttl {
            Some(_) => unwrapped(value.clone()).to_string(),
            None => value.to_string(),
        }
    }
}

/// Views for the inspector, of what is in the tables: see [`KeyedState::on_heap`].
impl KeyedState {
    /// The keys for which a state holds something beside any window, in the order of Flink's tables on the heap: by key
    /// group, place by hash code, the newest first. Flink: `CopyOnWriteStateMap`.
    pub fn keys(&self, id: StateId) -> Vec<&Value> {
        let mut keys = Vec::new();
        for (_, table) in self.states[id.0 as usize].table.groups() {
            let mut of_group: Vec<&Value> =
                table.keys().filter(|key| key.namespace() == Namespace::Void).map(|key| &key.key).collect();
            of_group.reverse();
            let hash_of = |key: &&Value| bit_mix(java_hash(key) ^ VOID_NAMESPACE_HASH);
            let hashes: Vec<u32> = of_group.iter().map(hash_of).collect();
            keys.extend(order_of(&hashes, 128, 0).into_iter().map(|place| of_group[place as u32 as usize]));
        }
        keys
    }

    /// All entries: by state in order of registration, key group, insertion.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.states.iter().flat_map(move |state| {
            state.table.groups().flat_map(move |(group_idx, table)| {
                table.iter().map(move |(key, value)| Entry {
                    state: Rc::clone(&state.descriptor.name),
                    key_group: self.key_group_at(group_idx),
                    key: key.key.clone(),
                    namespace: key.namespace(),
                    value: state.text_of(value),
                })
            })
        })
    }

    /// What each entry is for, by state: its name, the key group that holds it, key and namespace.
    pub fn places(&self) -> impl Iterator<Item = (&str, u32, &Value, Namespace)> {
        self.states.iter().flat_map(move |state| {
            state.table.groups().flat_map(move |(group_idx, table)| {
                let group = self.key_group_at(group_idx);
                table.keys().map(move |key| (&*state.descriptor.name, group, &key.key, key.namespace()))
            })
        })
    }

    /// What a state holds in lists, by key.
    pub fn lists_of(&self, name: &str) -> impl Iterator<Item = (&Value, &[Value])> {
        let states = self.states.iter().filter(move |state| *state.descriptor.name == *name);
        let entries = states.flat_map(|state| state.table.groups()).flat_map(|(_, table)| table.iter());
        entries.filter_map(|(key, value)| match value {
            StateValue::List(values) => Some((&key.key, values.as_slice())),
            _ => None,
        })
    }

    /// How many entries there are over all states and keys.
    pub fn entry_count(&self) -> usize {
        self.states.iter().flat_map(|state| state.table.groups()).map(|(_, table)| table.len()).sum()
    }

    /// What changed between `older` and this one, both of the same subtask: tables that both share are
    /// not looked at. New and changed entries of a key group come before removed ones.
    pub fn diff(&self, older: &Self) -> Vec<EntryChange> {
        let mut changes = vec![];
        for (idx, state) in self.states.iter().enumerate() {
            let Some(old) = older.states.get(idx) else {
                let is_new = |entry: &Entry| entry.state == state.descriptor.name;
                changes.extend(self.entries().filter(is_new).map(|entry| EntryChange {
                    state: entry.state,
                    key_group: entry.key_group,
                    key: entry.key,
                    namespace: entry.namespace,
                    before: None,
                    after: Some(entry.value),
                }));
                continue;
            };
            for group_idx in state.table.groups_changed_since(&old.table) {
                let change = |key: &TableKey, before: Option<&StateValue>, after: Option<&StateValue>| {
                    (before != after).then(|| EntryChange {
                        state: Rc::clone(&state.descriptor.name),
                        key_group: self.key_group_at(group_idx),
                        key: key.key.clone(),
                        namespace: key.namespace(),
                        before: before.map(|value| state.text_of(value)),
                        after: after.map(|value| state.text_of(value)),
                    })
                };
                let (now, then) = (state.table.group(group_idx), old.table.group(group_idx));
                for (key, value) in now.into_iter().flat_map(GroupTable::iter) {
                    let before = then.and_then(|then| value_in(then, key));
                    changes.extend(change(key, before, Some(value)));
                }
                let removed = then.into_iter().flat_map(GroupTable::iter);
                let removed = removed.filter(|(key, _)| now.is_none_or(|now| value_in(now, key).is_none()));
                changes.extend(removed.filter_map(|(key, value)| change(key, Some(value), None)));
            }
        }
        changes
    }

    pub(super) fn key_group_at(&self, group_idx: u32) -> u32 {
        self.range().map_or(group_idx, |range| range.start + group_idx)
    }
}
