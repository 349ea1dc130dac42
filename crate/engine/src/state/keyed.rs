//! Keyed state of one operator in one subtask, by key group, on the heap.
//!
//! Contract: states are registered by name and reached for the current key only; the key's hash and
//! key group are worked out once, when it is set. A clone is a snapshot: one reference count a state.
//! Null is no value: where a value is set to it, there is no entry. Where input is sorted by key, the state of a
//! key goes when the next key comes.
//! Flink: `HeapKeyedStateBackend`, `BatchExecutionKeyedStateBackend` and their states.

mod access;
mod backend;
mod declared;
mod raw;
pub mod snapshot;
mod ttl;
mod views;

use std::rc::Rc;

use super::descriptor::{StateDescriptor, StateId, StateKind};
use super::error::{StateError, StateFault};
use super::key_groups::{self, KeyGroupRange};
use super::namespace::Namespace;
use super::table::{CurrentKey, MapEntries, Place, StateTable, StateValue};
use crate::base::own::own_seldom;
use crate::record::{Value, java_hash_of_key};
use backend::LsmBackend;
pub use backend::{IncrementalBytes, SharingFiles, SnapshotBase, first_run};
pub use views::{Entry, EntryChange};

/// All keyed state of one operator in one subtask. The default has no key groups: state of an
/// operator that is not keyed.
#[derive(Clone, Debug, Default)]
pub struct KeyedState {
    key_groups: Option<KeyGroups>,
    states: Vec<RegisteredState>,
    current: Option<CurrentKey>,
    /// Whether what one key has goes when the next one comes.
    keeps_one_key: bool,
    /// Whether it is broadcast state: a map that has become empty keeps its table.
    is_broadcast: bool,
    /// Where state is that is not in the tables.
    lsm: Option<Box<LsmBackend>>,
    /// Processing time when the current key was set: what time-to-live goes by.
    now: i64,
    /// The type that was declared for keys.
    key_type: Value,
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
    namespace_hash: i32,
    /// Whether it was restored, and the job has not asked for it yet.
    was_restored: bool,
    /// Of which type its namespaces are, by its number; 0: an older snapshot does not say.
    namespaces: u8,
    /// The type that was declared for what it holds, by who wrote it until the job asks for it: of a map, those of
    /// its keys and values.
    declared: Value,
    /// Whether it is in its table, of no declared type, and lives for ever: the way that is as short as can be.
    is_plain: bool,
    /// Where the search for expired entries goes on: a key group and an entry of it.
    cleanup: (u32, u32),
}

impl RegisteredState {
    #[inline(always)]
    fn place<'a>(&self, current: &'a CurrentKey) -> Place<'a> {
        let hash = current.hash ^ self.namespace_hash;
        Place { key: &current.key, namespace: self.namespace, hash, group_idx: current.group_idx }
    }

    #[inline(always)]
    fn set_namespace(&mut self, namespace: Namespace) {
        if !self.namespace.is(namespace) {
            self.namespace = namespace;
            self.namespace_hash = namespace.hash_code();
        }
    }

    fn get(&self, current: &CurrentKey) -> Option<&StateValue> {
        self.table.get(self.place(current))
    }
}

/// Registration and the current key.
impl KeyedState {
    /// State of a subtask of a keyed operator, empty.
    pub fn for_subtask(max_parallelism: u32, parallelism: u32, subtask_idx: u32) -> Self {
        let range = key_groups::range_for_operator(max_parallelism, parallelism, subtask_idx);
        Self { key_groups: Some(KeyGroups { range, max_parallelism }), ..Self::default() }
    }

    /// Broadcast state: of one key that never changes. Flink: `HeapBroadcastState`.
    pub fn for_broadcast() -> Result<Self, StateError> {
        let mut states = Self { is_broadcast: true, ..Self::for_subtask(1, 1, 0) };
        states.set_current_key(Value::Long(0))?;
        Ok(states)
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
            return Err(StateFault::NotKeyed { name: Rc::clone(&descriptor.name) }.into());
        };
        if let Some(idx) = self.states.iter().position(|state| state.descriptor.name == descriptor.name) {
            let RegisteredState {
                descriptor: StateDescriptor { kind: registered, .. }, was_restored, ..
            } = self.states[idx];
            let (name, wanted) = (Rc::clone(&descriptor.name), descriptor.kind);
            return match registered == wanted {
                true => self.set_ttl(StateId(idx as u32), descriptor.ttl).map(|()| StateId(idx as u32)),
                false if was_restored => Err(StateFault::Migration { name, was: registered, wanted }.into()),
                false => Err(StateFault::OtherKind { name, registered, wanted }.into()),
            };
        }
        let table = StateTable::new(groups.range.group_count());
        self.states.push(RegisteredState {
            descriptor: descriptor.clone(),
            table,
            namespace: Namespace::Void,
            namespace_hash: 0,
            was_restored: false,
            namespaces: 0,
            declared: Value::Null,
            is_plain: self.lsm.is_none() && descriptor.ttl.is_none(),
            cleanup: (0, 0),
        });
        Ok(StateId(self.states.len() as u32 - 1))
    }

    /// The state of this name and kind, if it is registered already.
    pub fn find(&self, name: &str, kind: StateKind) -> Option<StateId> {
        let is_it = |state: &RegisteredState| {
            let descriptor = &state.descriptor;
            &*descriptor.name == name && descriptor.kind == kind && descriptor.ttl.is_none()
        };
        self.states.iter().position(is_it).map(|idx| StateId(idx as u32))
    }

    /// What was registered, in order.
    pub fn descriptors(&self) -> impl Iterator<Item = &StateDescriptor> {
        self.states.iter().map(|state| &state.descriptor)
    }

    /// Makes `key` the key that every access is for. An operator without key groups only remembers it.
    pub fn set_current_key(&mut self, key: Value) -> Result<(), StateError> {
        let Some(KeyGroups { range, max_parallelism }) = self.key_groups else {
            self.current = Some(CurrentKey { key, hash: 0, key_group: 0, group_idx: 0 });
            return Ok(());
        };
        let hash = java_hash_of_key(&key);
        let key_group = key_groups::assign_hash_to_key_group(hash, max_parallelism);
        if !range.contains(key_group) {
            return Err(StateFault::ForeignKey { key, key_group, range }.into());
        }
        let group_idx = key_group - range.start;
        if !self.key_type.is_null() {
            declared::check(&self.key_type, &key)?;
        }
        if self.keeps_one_key && self.current.as_ref().is_some_and(|current| current.key != key) {
            self.clear_current_key();
        }
        let next = CurrentKey { key, hash, key_group, group_idx };
        match &mut self.current {
            Some(current) => std::mem::replace(current, next).key.discard(),
            none => *none = Some(next),
        }
        Ok(())
    }

    /// From now on, accesses of a state are for this namespace.
    pub fn set_namespace(&mut self, id: StateId, namespace: Namespace) {
        self.set_namespace_in_place(id, namespace);
    }

    /// The same where it is called for each record.
    #[inline(always)]
    pub fn set_namespace_in_place(&mut self, id: StateId, namespace: Namespace) {
        self.states.as_mut_slice()[id.0 as usize].set_namespace(namespace);
    }

    /// The job asks for a state, and for this namespace: those of what was restored must be of the same type.
    pub fn enter_namespace(&mut self, id: StateId, namespace: Namespace) -> Result<(), StateError> {
        let on_heap = self.lsm.is_none();
        let state = &mut self.states[id.0 as usize];
        if state.was_restored || state.namespaces == 0 {
            let (was, wanted) = (state.namespaces, namespace.type_number());
            if was != 0 && was != wanted {
                return Err(StateFault::namespaces("namespace", on_heap, was, wanted).into());
            }
            (state.was_restored, state.namespaces) = (false, wanted);
        }
        state.set_namespace(namespace);
        Ok(())
    }

    /// From now on it is this processing time.
    #[inline]
    pub const fn set_now(&mut self, now: i64) {
        self.now = now;
    }

    /// Takes what the state holds for the current key in a namespace.
    pub fn take(&mut self, id: StateId, namespace: Namespace) -> Result<Option<StateValue>, StateError> {
        if !self.is_plain(id) {
            return self.take_special(id, namespace);
        }
        let (state, current) = self.at_mut(id)?;
        let before = state.namespace;
        state.set_namespace(namespace);
        let place = state.place(current);
        state.set_namespace(before);
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

    #[inline(always)]
    fn is_plain(&self, id: StateId) -> bool {
        self.states.as_slice()[id.0 as usize].is_plain
    }

    #[inline]
    fn at(&self, id: StateId) -> Result<(&RegisteredState, &CurrentKey), StateError> {
        let state = &self.states[id.0 as usize];
        match &self.current {
            Some(current) => Ok((state, current)),
            None => Err(StateFault::NoKey { name: Rc::clone(&state.descriptor.name) }.into()),
        }
    }

    fn at_mut(&mut self, id: StateId) -> Result<(&mut RegisteredState, &CurrentKey), StateError> {
        self.at_mut_in_place(id)
    }

    /// The same where it is called for each record.
    #[inline(always)]
    fn at_mut_in_place(&mut self, id: StateId) -> Result<(&mut RegisteredState, &CurrentKey), StateError> {
        let state = &mut self.states.as_mut_slice()[id.0 as usize];
        match &self.current {
            Some(current) => Ok((state, current)),
            None => Err(StateFault::NoKey { name: Rc::clone(&state.descriptor.name) }.into()),
        }
    }

    #[inline]
    fn entry(&mut self, id: StateId) -> Result<&mut StateValue, StateError> {
        let (state, current) = self.at_mut_in_place(id)?;
        let kind = state.descriptor.kind;
        let place = state.place(current);
        Ok(state.table.entry(place, || StateValue::empty(kind)))
    }
}

const OTHER_KIND: &str = "a state is used as what it was registered as";

#[inline]
fn one(value: &StateValue) -> &Value {
    let StateValue::One(value) = value else { unreachable!("{OTHER_KIND}") };
    value
}

#[inline(always)]
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
    own_seldom(values)
}

fn map(value: &StateValue) -> &Rc<MapEntries> {
    let StateValue::Map(entries) = value else { unreachable!("{OTHER_KIND}") };
    entries
}

fn map_mut(value: &mut StateValue) -> &mut MapEntries {
    let StateValue::Map(entries) = value else { unreachable!("{OTHER_KIND}") };
    own_seldom(entries)
}

#[cfg(test)]
mod tests;
