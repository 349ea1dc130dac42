//! Keyed state of one operator in one subtask, by key group, on the heap.
//!
//! Contract: states are registered by name and reached for the current key only; the key's hash and
//! key group are worked out once, when it is set. A clone is a snapshot: one reference count a state.
//! Null is no value: where a value is set to it, there is no entry. Where input is sorted by key, the state of a
//! key goes when the next key comes.
//! Flink: `HeapKeyedStateBackend`, `BatchExecutionKeyedStateBackend` and their states.

pub mod snapshot;

use std::rc::Rc;

use super::descriptor::{StateDescriptor, StateError, StateId, StateKind};
use super::key_groups::{self, KeyGroupRange};
use super::namespace::Namespace;
use super::table::{CurrentKey, MapEntries, Place, StateTable, StateValue, TableKey, spread};
use crate::record::{Value, java_hash};

/// All keyed state of one operator in one subtask. The default has no key groups: state of an
/// operator that is not keyed.
#[derive(Clone, Debug, Default)]
pub struct KeyedState {
    key_groups: Option<KeyGroups>,
    states: Vec<RegisteredState>,
    current: Option<CurrentKey>,
    /// Whether what one key has goes when the next one comes.
    keeps_one_key: bool,
}

#[derive(Clone, Copy, Debug)]
struct KeyGroups {
    range: KeyGroupRange,
    max_parallelism: u32,
}

#[derive(Clone, Debug)]
struct RegisteredState {
    descriptor: StateDescriptor,
    table: StateTable,
    /// What its accesses are for beside the current key. Flink: `InternalKvState#setCurrentNamespace`.
    namespace: Namespace,
    /// Whether it was there before the job asked for it.
    was_restored: bool,
}

impl RegisteredState {
    #[inline]
    fn place<'a>(&self, current: &'a CurrentKey) -> Place<'a> {
        let hash = spread(current.hash ^ self.namespace.hash_code());
        Place { key: &current.key, namespace: self.namespace, hash, group_idx: current.group_idx }
    }

    fn get(&self, current: &CurrentKey) -> Option<&StateValue> {
        self.table.get(self.place(current))
    }
}

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

/// Registration and the current key.
impl KeyedState {
    /// State of a subtask of a keyed operator, empty.
    pub fn for_subtask(max_parallelism: u32, parallelism: u32, subtask_idx: u32) -> Self {
        let range = key_groups::range_for_operator(max_parallelism, parallelism, subtask_idx);
        Self { key_groups: Some(KeyGroups { range, max_parallelism }), ..Self::default() }
    }

    /// The same for an operator whose input is sorted by key: it has the state of one key at a time. Flink:
    /// `BatchExecutionKeyedStateBackend`.
    pub fn for_sorted_subtask(max_parallelism: u32, parallelism: u32, subtask_idx: u32) -> Self {
        Self { keeps_one_key: true, ..Self::for_subtask(max_parallelism, parallelism, subtask_idx) }
    }

    /// Whether it has the state of one key at a time.
    pub const fn keeps_one_key(&self) -> bool {
        self.keeps_one_key
    }

    /// The key groups of the subtask; `None` if the operator is not keyed.
    pub fn range(&self) -> Option<KeyGroupRange> {
        self.key_groups.map(|groups| groups.range)
    }

    /// The key groups of the subtask and how many there are in all; `None` if the operator is not keyed.
    pub fn key_groups(&self) -> Option<(KeyGroupRange, u32)> {
        self.key_groups.map(|groups| (groups.range, groups.max_parallelism))
    }

    /// The state of this name, made if it is new.
    pub fn register(&mut self, descriptor: &StateDescriptor) -> Result<StateId, StateError> {
        let Some(groups) = self.key_groups else {
            return Err(StateError::NotKeyed { name: Rc::clone(&descriptor.name) });
        };
        if let Some(idx) = self.states.iter().position(|state| state.descriptor.name == descriptor.name) {
            let RegisteredState {
                descriptor: StateDescriptor { kind: registered, .. }, was_restored, ..
            } = self.states[idx];
            let (name, wanted) = (Rc::clone(&descriptor.name), descriptor.kind);
            return match registered == wanted {
                true => Ok(StateId(idx as u32)),
                false if was_restored => Err(StateError::Migration { name, was: registered, wanted }),
                false => Err(StateError::OtherKind { name, registered, wanted }),
            };
        }
        let table = StateTable::new(groups.range.group_count());
        self.states.push(RegisteredState {
            descriptor: descriptor.clone(),
            table,
            namespace: Namespace::Void,
            was_restored: false,
        });
        Ok(StateId(self.states.len() as u32 - 1))
    }

    /// The state of this name and kind, if it is registered already.
    pub fn find(&self, name: &str, kind: StateKind) -> Option<StateId> {
        let is_it =
            |state: &RegisteredState| &*state.descriptor.name == name && state.descriptor.kind == kind;
        self.states.iter().position(is_it).map(|idx| StateId(idx as u32))
    }

    /// What was registered, in order.
    pub fn descriptors(&self) -> impl Iterator<Item = &StateDescriptor> {
        self.states.iter().map(|state| &state.descriptor)
    }

    /// Makes `key` the key that every access is for. An operator without key groups only remembers it.
    #[inline]
    pub fn set_current_key(&mut self, key: Value) -> Result<(), StateError> {
        let Some(KeyGroups { range, max_parallelism }) = self.key_groups else {
            self.current = Some(CurrentKey { key, hash: 0, key_group: 0, group_idx: 0 });
            return Ok(());
        };
        let hash = java_hash(&key);
        let key_group = key_groups::assign_hash_to_key_group(hash, max_parallelism);
        if !range.contains(key_group) {
            return Err(StateError::ForeignKey { key, key_group, range });
        }
        let group_idx = key_group - range.start;
        if self.keeps_one_key && self.current.as_ref().is_some_and(|current| current.key != key) {
            self.clear_current_key();
        }
        self.current = Some(CurrentKey { key, hash, key_group, group_idx });
        Ok(())
    }

    /// From now on, accesses of a state are for this namespace.
    pub fn set_namespace(&mut self, id: StateId, namespace: Namespace) {
        self.states[id.0 as usize].namespace = namespace;
    }

    /// Takes what the state holds for the current key in a namespace.
    pub fn take(&mut self, id: StateId, namespace: Namespace) -> Result<Option<StateValue>, StateError> {
        let (state, current) = self.at_mut(id)?;
        let before = std::mem::replace(&mut state.namespace, namespace);
        let place = state.place(current);
        state.namespace = before;
        Ok(state.table.remove(place))
    }

    /// No element is at hand: state cannot be reached until the next key is set.
    pub fn clear_current_key(&mut self) {
        let before = self.current.take();
        if self.keeps_one_key
            && let Some(before) = before
        {
            for state in &mut self.states {
                state.table.clear_group(before.group_idx);
            }
        }
    }

    pub fn current_key(&self) -> Option<&Value> {
        self.current.as_ref().map(|current| &current.key)
    }

    pub fn current_key_group(&self) -> Option<u32> {
        self.current.as_ref().map(|current| current.key_group)
    }

    #[inline]
    fn at(&self, id: StateId) -> Result<(&RegisteredState, &CurrentKey), StateError> {
        let state = &self.states[id.0 as usize];
        match &self.current {
            Some(current) => Ok((state, current)),
            None => Err(StateError::NoKey { name: Rc::clone(&state.descriptor.name) }),
        }
    }

    #[inline]
    fn at_mut(&mut self, id: StateId) -> Result<(&mut RegisteredState, &CurrentKey), StateError> {
        let state = &mut self.states[id.0 as usize];
        match &self.current {
            Some(current) => Ok((state, current)),
            None => Err(StateError::NoKey { name: Rc::clone(&state.descriptor.name) }),
        }
    }

    #[inline]
    fn entry(&mut self, id: StateId) -> Result<&mut StateValue, StateError> {
        let (state, current) = self.at_mut(id)?;
        let kind = state.descriptor.kind;
        let place = state.place(current);
        Ok(state.table.entry(place, || StateValue::empty(kind)))
    }

    fn null_element(&self, id: StateId) -> StateError {
        let StateDescriptor { name, kind } = self.states[id.0 as usize].descriptor.clone();
        StateError::NullElement { name, kind }
    }

    /// Removes what the state, of any kind, holds for the current key.
    pub fn clear(&mut self, id: StateId) -> Result<(), StateError> {
        let (state, current) = self.at_mut(id)?;
        let place = state.place(current);
        state.table.remove(place);
        Ok(())
    }
}

/// Value, reducing and aggregating state: one value a key. A state of another kind is a bug of the caller.
impl KeyedState {
    /// The value; null where there is none.
    #[inline]
    pub fn value(&self, id: StateId) -> Result<Value, StateError> {
        let (state, current) = self.at(id)?;
        Ok(match state.get(current) {
            Some(value) => one(value).clone(),
            None => Value::Null,
        })
    }

    /// Sets the value; null removes the entry.
    #[inline]
    pub fn update(&mut self, id: StateId, value: Value) -> Result<(), StateError> {
        if value.is_null() {
            return self.clear(id);
        }
        *one_mut(self.entry(id)?) = value;
        Ok(())
    }

    /// The value, to be changed in its place; null where there was none. Whoever leaves it null must
    /// [`Self::clear`] it.
    #[inline]
    pub fn value_mut(&mut self, id: StateId) -> Result<&mut Value, StateError> {
        Ok(one_mut(self.entry(id)?))
    }
}

/// List state.
impl KeyedState {
    /// The elements, shared: a snapshot for whoever iterates while the state changes.
    pub fn list(&self, id: StateId) -> Result<Rc<Vec<Value>>, StateError> {
        let (state, current) = self.at(id)?;
        Ok(match state.get(current) {
            Some(value) => Rc::clone(list(value)),
            None => Rc::default(),
        })
    }

    pub fn list_add(&mut self, id: StateId, value: Value) -> Result<(), StateError> {
        if value.is_null() {
            return Err(self.null_element(id));
        }
        list_mut(self.entry(id)?).push(value);
        Ok(())
    }

    pub fn list_add_all(&mut self, id: StateId, values: Vec<Value>) -> Result<(), StateError> {
        if values.iter().any(Value::is_null) {
            return Err(self.null_element(id));
        }
        if !values.is_empty() {
            list_mut(self.entry(id)?).extend(values);
        }
        Ok(())
    }

    /// Replaces the list; an empty one removes the entry.
    pub fn list_update(&mut self, id: StateId, values: Vec<Value>) -> Result<(), StateError> {
        if values.iter().any(Value::is_null) {
            return Err(self.null_element(id));
        }
        if values.is_empty() {
            return self.clear(id);
        }
        *list_mut(self.entry(id)?) = values;
        Ok(())
    }
}

/// Map state. Its keys and values may be null.
impl KeyedState {
    /// The entries, shared, in order of insertion.
    pub fn map(&self, id: StateId) -> Result<Rc<MapEntries>, StateError> {
        let (state, current) = self.at(id)?;
        Ok(match state.get(current) {
            Some(value) => Rc::clone(map(value)),
            None => Rc::default(),
        })
    }

    /// The value under `user_key`; null where there is none.
    pub fn map_get(&self, id: StateId, user_key: &Value) -> Result<Value, StateError> {
        let (state, current) = self.at(id)?;
        let value = state.get(current).and_then(|value| map(value).get(user_key));
        Ok(value.cloned().unwrap_or_default())
    }

    pub fn map_contains(&self, id: StateId, user_key: &Value) -> Result<bool, StateError> {
        let (state, current) = self.at(id)?;
        Ok(state.get(current).is_some_and(|value| map(value).contains_key(user_key)))
    }

    pub fn map_put(&mut self, id: StateId, user_key: Value, value: Value) -> Result<(), StateError> {
        map_mut(self.entry(id)?).insert(user_key, value);
        Ok(())
    }

    /// Removes the value under `user_key`; with the last one the entry of the key goes.
    pub fn map_remove(&mut self, id: StateId, user_key: &Value) -> Result<(), StateError> {
        if !self.map_contains(id, user_key)? {
            return Ok(());
        }
        let entries = map_mut(self.entry(id)?);
        // Keeps the order of the others, at the price of moving those after it.
        entries.shift_remove(user_key);
        if entries.is_empty() {
            self.clear(id)?;
        }
        Ok(())
    }
}

/// Views for the inspector.
impl KeyedState {
    /// The keys for which a state holds something beside any window.
    pub fn keys(&self, id: StateId) -> impl Iterator<Item = &Value> {
        let groups = self.states[id.0 as usize].table.groups();
        let keys = groups.flat_map(|(_, table)| table.keys());
        keys.filter(|key| key.namespace == Namespace::Void).map(|key| &key.key)
    }

    /// All entries: by state in order of registration, key group, insertion.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.states.iter().flat_map(move |state| {
            state.table.groups().flat_map(move |(group_idx, table)| {
                table.iter().map(move |(key, value)| Entry {
                    state: Rc::clone(&state.descriptor.name),
                    key_group: self.key_group_at(group_idx),
                    key: key.key.clone(),
                    namespace: key.namespace,
                    value: value.to_string(),
                })
            })
        })
    }

    /// What each entry is for, by state: its name, the key group that holds it, key and namespace.
    pub fn places(&self) -> impl Iterator<Item = (&str, u32, &Value, Namespace)> {
        self.states.iter().flat_map(move |state| {
            state.table.groups().flat_map(move |(group_idx, table)| {
                let group = self.key_group_at(group_idx);
                table.keys().map(move |key| (&*state.descriptor.name, group, &key.key, key.namespace))
            })
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
                        namespace: key.namespace,
                        before: before.map(ToString::to_string),
                        after: after.map(ToString::to_string),
                    })
                };
                let (now, then) = (state.table.group(group_idx), old.table.group(group_idx));
                changes.extend(now.into_iter().flatten().filter_map(|(key, value)| {
                    change(key, then.and_then(|then| then.get(key)), Some(value))
                }));
                let removed = then.into_iter().flatten();
                let removed = removed.filter(|(key, _)| now.is_none_or(|now| !now.contains_key(*key)));
                changes.extend(removed.filter_map(|(key, value)| change(key, Some(value), None)));
            }
        }
        changes
    }

    fn key_group_at(&self, group_idx: u32) -> u32 {
        self.range().map_or(group_idx, |range| range.start + group_idx)
    }
}

const OTHER_KIND: &str = "a state is used as what it was registered as";

#[inline]
fn one(value: &StateValue) -> &Value {
    let StateValue::One(value) = value else { unreachable!("{OTHER_KIND}") };
    value
}

#[inline]
fn one_mut(value: &mut StateValue) -> &mut Value {
    let StateValue::One(value) = value else { unreachable!("{OTHER_KIND}") };
    value
}

fn list(value: &StateValue) -> &Rc<Vec<Value>> {
    let StateValue::List(values) = value else { unreachable!("{OTHER_KIND}") };
    values
}

fn list_mut(value: &mut StateValue) -> &mut Vec<Value> {
    let StateValue::List(values) = value else { unreachable!("{OTHER_KIND}") };
    Rc::make_mut(values)
}

fn map(value: &StateValue) -> &Rc<MapEntries> {
    let StateValue::Map(entries) = value else { unreachable!("{OTHER_KIND}") };
    entries
}

fn map_mut(value: &mut StateValue) -> &mut MapEntries {
    let StateValue::Map(entries) = value else { unreachable!("{OTHER_KIND}") };
    Rc::make_mut(entries)
}

#[cfg(test)]
mod tests;
