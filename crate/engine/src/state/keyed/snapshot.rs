//! Keyed state as bytes, and back: in the layout of the heap backend, and in the one that every backend reads.
//!
//! Contract: both name their states first (name, kind, type of namespaces, type of what they hold if one was declared),
//! after the type of keys if one was declared, then stand by key group, so that a reader takes the groups
//! that it wants by their offsets. The heap's: the key group, then of each state its number, how many entries, and
//! the entries (namespace, key, what it holds). The canonical one: of each state that has some, its number and pairs
//! of key and value, each after its length; the first bit of a key says that no further pair of its state follows,
//! but the number of the next state, or the mark of the end. A map state is a pair for each of its entries there.
//! Timers are states too: each an entry that is all key. Flink: `HeapSnapshotStrategy`, `FullSnapshotAsyncWriter`,
//! `HeapRestoreOperation`, `FullSnapshotRestoreOperation`.

use std::rc::Rc;

use super::{KeyedState, RegisteredState};
use crate::base::own::own_seldom;
use crate::record::{Value, java_hash};
use crate::state::bytes::{ByteReader, CorruptState, FileKind, begin_file, end_file, open_file};
use crate::state::bytes::{put_bytes, put_u32, put_value};
use crate::state::composite_key;
use crate::state::key_groups::KeyGroupRange;
use crate::state::namespace::Namespace;
use crate::state::table::{CurrentKey, GroupTable, StateValue};
use crate::state::{StateDescriptor, StateError, StateKind, StateTtlConfig};

/// How keyed state is laid out in bytes. Flink: `SavepointFormatType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotLayout {
    /// As its backend likes it best.
    #[default]
    Native,
    /// As every backend can read it.
    Canonical,
}

/// Elements that are sorted by what they are, by key group: timers. Flink: `HeapPriorityQueueSnapshotRestoreWrapper`.
#[derive(Clone, Debug)]
pub struct QueueSnapshot {
    pub name: Rc<str>,
    /// By place in the range; the elements of a group in the order in which they shall be added again.
    pub groups: Vec<Vec<Vec<u8>>>,
}

/// Keyed state as bytes, and where each key group begins in them.
#[derive(Clone, Debug)]
pub struct KeyedStateBytes {
    pub range: KeyGroupRange,
    pub offsets: Rc<[u64]>,
    pub bytes: Rc<[u8]>,
}

/// What a state is: a kind of keyed state, or a queue. Flink: `BackendStateType`.
const QUEUE: u8 = 5;

/// It is no state, but the keys of all. Since version 3.
const KEY: u8 = 6;

/// With the kind of a state: the type follows that was declared. Since version 3.
const HAS_TYPE: u8 = 0x20;

/// With the kind of a state, above these bits: the number of the type of its namespaces. Since version 4.
const NAMESPACES_SHIFT: u32 = 6;

/// With the kind of a state: what it holds stands with the time when it was touched last.
const HAS_TIMES: u8 = 0x10;

/// A canonical key whose first bit is set is the last one of its state.
const LAST_OF_STATE: u8 = 0x80;

/// Instead of the number of a state: the key group ends. Flink: `END_OF_KEY_GROUP_MARK`.
const END_OF_KEY_GROUP: u16 = 0xffff;

/// Who gets the elements of queues when they are read: the queue's name and the element.
pub type OnQueueElement<'a> = &'a mut dyn FnMut(&str, &[u8]) -> Result<(), StateError>;

impl KeyedState {
    /// As bytes; `None` where there is no state.
    pub fn write(&self, layout: SnapshotLayout, queues: &[QueueSnapshot]) -> Option<KeyedStateBytes> {
        let range = self.range()?;
        if self.states.is_empty() && queues.is_empty() {
            return None;
        }
        if self.lsm.is_some() {
            return Some(self.write_tree(range, queues));
        }
        if self.states.iter().any(RegisteredState::cleans_snapshots) {
            return self.without_expired().write(layout, queues);
        }
        let mut file = begin_file(match layout {
            SnapshotLayout::Native => FileKind::Heap,
            SnapshotLayout::Canonical => FileKind::Canonical,
        });
        self.write_meta(queues, &mut file);
        let mut offsets = Vec::with_capacity(range.group_count() as usize);
        for group_idx in 0..range.group_count() {
            offsets.push(file.len() as u64);
            match layout {
                SnapshotLayout::Native => self.write_heap_group(group_idx, queues, &mut file),
                SnapshotLayout::Canonical => self.write_canonical_group(group_idx, queues, &mut file),
            }
        }
        Some(KeyedStateBytes { range, offsets: offsets.into(), bytes: end_file(file) })
    }

    pub(super) fn write_meta(&self, queues: &[QueueSnapshot], file: &mut Vec<u8>) {
        let has_key_type = !self.key_type.is_null();
        put_u32(file, (self.states.len() + queues.len() + usize::from(has_key_type)) as u32);
        if has_key_type {
            put_state(file, "", KEY, &self.key_type);
        }
        for state in &self.states {
            let has_times = if state.descriptor.ttl.is_some() { HAS_TIMES } else { 0 };
            let tag = state.descriptor.kind as u8 | has_times | (state.namespaces & 3) << NAMESPACES_SHIFT;
            put_state(file, &state.descriptor.name, tag, &state.declared);
        }
        for queue in queues {
            put_state(file, &queue.name, QUEUE, &Value::Null);
        }
    }

    fn write_heap_group(&self, group_idx: u32, queues: &[QueueSnapshot], file: &mut Vec<u8>) {
        put_u32(file, self.key_group_at(group_idx));
        for (number, state) in (0_u16..).zip(&self.states) {
            file.extend_from_slice(&number.to_be_bytes());
            let table = state.table.group(group_idx);
            put_u32(file, table.map_or(0, GroupTable::len) as u32);
            for (key, value) in table.into_iter().flat_map(GroupTable::iter) {
                composite_key::put_namespace(file, key.namespace());
                put_value(file, &key.key);
                put_state_value(file, value);
            }
        }
        for (number, queue) in (self.states.len() as u16..).zip(queues) {
            file.extend_from_slice(&number.to_be_bytes());
            let elements = &queue.groups[group_idx as usize];
            put_u32(file, elements.len() as u32);
            for element in elements {
                put_bytes(file, element);
            }
        }
    }

    fn write_canonical_group(&self, group_idx: u32, queues: &[QueueSnapshot], file: &mut Vec<u8>) {
        let mut pairs = CanonicalPairs::new(file);
        let prefix = self.group_prefix(group_idx);
        let mut key = Vec::new();
        let mut value = Vec::new();
        for (number, state) in (0_u16..).zip(&self.states) {
            for (at, held) in state.table.group(group_idx).into_iter().flat_map(GroupTable::iter) {
                key.clone_from(&prefix);
                composite_key::put_key(&mut key, &at.key, at.namespace());
                value.clear();
                match held {
                    StateValue::One(one) => put_value(&mut value, one),
                    StateValue::List(values) => values.iter().for_each(|one| put_value(&mut value, one)),
                    StateValue::Map(entries) => {
                        let end = key.len();
                        for (user_key, one) in entries.iter() {
                            key.truncate(end);
                            put_value(&mut key, user_key);
                            value.clear();
                            put_value(&mut value, one);
                            pairs.put(number, &key, &value);
                        }
                        continue;
                    }
                }
                pairs.put(number, &key, &value);
            }
        }
        pairs.end(self, group_idx, queues);
    }

    pub(super) fn group_prefix(&self, group_idx: u32) -> Vec<u8> {
        let groups = self.key_groups.expect("the state of a keyed operator");
        let mut prefix = Vec::new();
        composite_key::put_key_group(&mut prefix, groups.range.start + group_idx, groups.max_parallelism);
        prefix
    }

    /// Adds what was written, of the key groups that are ours. What of it belongs to queues goes to `on_queue`.
    pub fn read(
        &mut self,
        range: KeyGroupRange,
        offsets: &[u64],
        file: &[u8],
        on_queue: OnQueueElement<'_>,
    ) -> Result<(), StateError> {
        let Some(own) = self.range() else { return Ok(()) };
        let kind = if file.get(4) == Some(&(FileKind::Canonical as u8)) {
            FileKind::Canonical
        } else {
            FileKind::Heap
        };
        let mut body = open_file(file, kind)?;
        if self.lsm.is_some() {
            let mut heap = self.empty_on_heap();
            heap.read(range, offsets, file, on_queue)?;
            return self.absorb(&heap);
        }
        let states = self.read_meta(&mut body)?;
        let Some(wanted) = own.intersection(range) else { return Ok(()) };
        for key_group in wanted.start..=wanted.end {
            let offset = offsets.get((key_group - range.start) as usize);
            let offset = *offset.ok_or(CorruptState::Content("a key group has no offset"))?;
            let group = ByteReader(file).at(offset)?;
            match kind {
                FileKind::Canonical => self.read_canonical_group(key_group, &states, group, on_queue)?,
                _ => self.read_heap_group(key_group, &states, group, on_queue)?,
            }
        }
        Ok(())
    }

    /// The states of the file: of each its own number here, or its name if it is a queue. Keys of another type than the
    /// one that was declared are refused.
    pub(super) fn read_meta(&mut self, file: &mut ByteReader<'_>) -> Result<Vec<Restored>, StateError> {
        let count = file.count()?;
        let mut states = Vec::with_capacity(count);
        for _ in 0..count {
            let name = file.text()?;
            let tag = file.u8()?;
            let declared = if tag & HAS_TYPE != 0 { file.value()? } else { Value::Null };
            let kind = tag & (HAS_TIMES - 1);
            states.push(match StateKind::ALL.get(usize::from(kind)) {
                Some(&kind) => {
                    let more = (tag & HAS_TIMES != 0, tag >> NAMESPACES_SHIFT);
                    Restored::State(self.register_restored(name, kind, more, &declared)?)
                }
                None if kind == QUEUE => Restored::Queue(name),
                None if kind == KEY => {
                    self.check_restored_key(&declared, true)?;
                    continue;
                }
                None => return Err(CorruptState::Content("a state is of no kind").into()),
            });
        }
        Ok(states)
    }

    /// A state of a snapshot, whether it has times, the type of its namespaces and the one that was declared for what it
    /// holds. Until the job asks for it, what has times lives for ever.
    pub(super) fn register_restored(
        &mut self,
        name: Rc<str>,
        kind: StateKind,
        (has_times, namespaces): (bool, u8),
        declared: &Value,
    ) -> Result<u32, StateError> {
        let known = self.states.iter().position(|state| state.descriptor.name == name);
        if let Some(at) = known.filter(|&at| self.states[at].descriptor.kind == kind) {
            return Ok(at as u32);
        }
        let ttl = if has_times { StateTtlConfig::new(i64::MAX).ok() } else { None };
        let id = self.register(&StateDescriptor { name, kind, ttl })?;
        let state = &mut self.states[id.0 as usize];
        (state.was_restored, state.namespaces) = (true, namespaces);
        state.declared = declared.clone();
        state.is_plain &= declared.is_null();
        Ok(id.0)
    }

    fn read_heap_group(
        &mut self,
        key_group: u32,
        states: &[Restored],
        mut file: ByteReader<'_>,
        on_queue: OnQueueElement<'_>,
    ) -> Result<(), StateError> {
        if file.u32()? != key_group {
            return Err(CorruptState::Content("a key group stands elsewhere").into());
        }
        for (number, state) in (0_u16..).zip(states) {
            if file.u16()? != number {
                return Err(CorruptState::Content("a state stands elsewhere").into());
            }
            for _ in 0..file.count()? {
                match state {
                    Restored::Queue(name) => on_queue(name, file.bytes()?)?,
                    &Restored::State(id) => {
                        let namespace = composite_key::take_namespace(&mut file)?;
                        let key = file.value()?;
                        let kind = self.states[id as usize].descriptor.kind;
                        let value = take_state_value(&mut file, kind)?;
                        *self.restored_entry(id, key_group, key, namespace)? = value;
                    }
                }
            }
        }
        Ok(())
    }

    fn read_canonical_group(
        &mut self,
        key_group: u32,
        states: &[Restored],
        mut file: ByteReader<'_>,
        on_queue: OnQueueElement<'_>,
    ) -> Result<(), StateError> {
        let prefix = self.group_prefix(key_group - self.range().map_or(0, |range| range.start));
        let mut key_bytes = Vec::new();
        loop {
            let number = file.u16()?;
            if number == END_OF_KEY_GROUP {
                return Ok(());
            }
            let state =
                states.get(usize::from(number)).ok_or(CorruptState::Content("a state has no name"))?;
            loop {
                key_bytes.clear();
                key_bytes.extend_from_slice(file.bytes()?);
                let first = key_bytes.first_mut().ok_or(CorruptState::Content("a key is empty"))?;
                let is_last = *first & LAST_OF_STATE != 0;
                *first &= !LAST_OF_STATE;
                let value = file.bytes()?;
                let key = key_bytes.strip_prefix(&*prefix);
                let key = key.ok_or(CorruptState::Content("a key is of another key group"))?;
                match state {
                    Restored::Queue(name) => on_queue(name, key)?,
                    &Restored::State(id) => self.read_pair(id, key_group, key, value)?,
                }
                if is_last {
                    break;
                }
            }
        }
    }

    fn read_pair(&mut self, id: u32, key_group: u32, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        let (mut key_rest, mut value) = (ByteReader(key), ByteReader(value));
        let (key, namespace) = composite_key::take_key(&mut key_rest)?;
        match self.restored_entry(id, key_group, key, namespace)? {
            StateValue::One(one) => *one = value.value()?,
            StateValue::List(values) => {
                let values = own_seldom(values);
                while !value.is_empty() {
                    values.push(value.value()?);
                }
            }
            StateValue::Map(entries) => {
                own_seldom(entries).insert(key_rest.value()?, value.value()?);
            }
        }
        Ok(())
    }

    /// The entry of a key that was restored, made empty where there is none.
    pub(super) fn restored_entry(
        &mut self,
        id: u32,
        key_group: u32,
        key: Value,
        namespace: Namespace,
    ) -> Result<&mut StateValue, StateError> {
        let groups = self.key_groups.expect("the state of a keyed operator");
        self.check_restored_key(&key, false)?;
        let hash = java_hash(&key);
        if super::key_groups::assign_hash_to_key_group(hash, groups.max_parallelism) != key_group {
            return Err(CorruptState::Content("a key is of another key group").into());
        }
        let group_idx = key_group - groups.range.start;
        let current = CurrentKey { key, hash, key_group, group_idx };
        let state: &mut RegisteredState = &mut self.states[id as usize];
        state.set_namespace(namespace);
        let (place, kind) = (state.place(&current), state.descriptor.kind);
        state.set_namespace(Namespace::Void);
        Ok(state.table.entry(place, || StateValue::empty(kind)))
    }
}

/// A state of a file that is read.
pub(super) enum Restored {
    /// Our number for it.
    State(u32),
    Queue(Rc<str>),
}

/// Writes pairs of one key group. Flink: `FullSnapshotAsyncWriter#writeKVStateData`.
pub(super) struct CanonicalPairs<'a> {
    file: &'a mut Vec<u8>,
    /// Where the last key begins, whose first bit says that its state ends.
    last_key: Option<usize>,
    state: Option<u16>,
}

impl<'a> CanonicalPairs<'a> {
    pub(super) const fn new(file: &'a mut Vec<u8>) -> Self {
        Self { file, last_key: None, state: None }
    }

    pub(super) fn put(&mut self, state: u16, key: &[u8], value: &[u8]) {
        if self.state != Some(state) {
            self.end_state();
            self.file.extend_from_slice(&state.to_be_bytes());
            self.state = Some(state);
        }
        self.last_key = Some(self.file.len() + 4);
        put_bytes(self.file, key);
        put_bytes(self.file, value);
    }

    fn end_state(&mut self) {
        if let Some(at) = self.last_key.take() {
            self.file[at] |= LAST_OF_STATE;
        }
    }

    /// Timers follow the states.
    pub(super) fn end(mut self, of: &KeyedState, group_idx: u32, queues: &[QueueSnapshot]) {
        let mut key = of.group_prefix(group_idx);
        let prefix = key.len();
        for (number, queue) in (of.states.len() as u16..).zip(queues) {
            for element in &queue.groups[group_idx as usize] {
                key.truncate(prefix);
                key.extend_from_slice(element);
                self.put(number, &key, &[]);
            }
        }
        self.end_state();
        self.file.extend_from_slice(&END_OF_KEY_GROUP.to_be_bytes());
    }
}

fn put_state(file: &mut Vec<u8>, name: &str, tag: u8, declared: &Value) {
    put_bytes(file, name.as_bytes());
    if declared.is_null() {
        file.push(tag);
    } else {
        file.push(tag | HAS_TYPE);
        put_value(file, declared);
    }
}

fn put_state_value(file: &mut Vec<u8>, value: &StateValue) {
    match value {
        StateValue::One(one) => put_value(file, one),
        StateValue::List(values) => {
            put_u32(file, values.len() as u32);
            values.iter().for_each(|one| put_value(file, one));
        }
        StateValue::Map(entries) => {
            put_u32(file, entries.len() as u32);
            for (key, one) in entries.iter() {
                put_value(file, key);
                put_value(file, one);
            }
        }
    }
}

fn take_state_value(file: &mut ByteReader<'_>, kind: StateKind) -> Result<StateValue, CorruptState> {
    let mut value = StateValue::empty(kind);
    match &mut value {
        StateValue::One(one) => *one = file.value()?,
        StateValue::List(values) => {
            let count = file.count()?;
            let values = own_seldom(values);
            for _ in 0..count {
                values.push(file.value()?);
            }
        }
        StateValue::Map(entries) => {
            let count = file.count()?;
            let entries = own_seldom(entries);
            for _ in 0..count {
                entries.insert(file.value()?, file.value()?);
            }
        }
    }
    Ok(value)
}
