//! Keyed state on files: in a tree, whose keys are key group, state, key, namespace and, of a map, the user's key.
//!
//! Contract: between the two backends, and between parallelisms, state goes through tables: [`KeyedState::on_heap`] reads
//! a tree into tables, [`KeyedState::absorb`] takes from tables what is its own. A snapshot names the tree's files; those
//! of a checkpoint that is known to be complete are not written again. Flink: `RocksDBKeyedStateBackend`,
//! `RocksIncrementalSnapshotStrategy`, `RocksDBIncrementalRestoreOperation`.

use std::borrow::Cow;
use std::rc::Rc;

use super::raw::{decode, encode, value_in};
use super::snapshot::{CanonicalPairs, KeyedStateBytes, OnQueueElement, QueueSnapshot, Restored};
use super::ttl::unexpired;
use super::{KeyGroups, KeyedState, RegisteredState, map_mut};
use crate::base::ordered::SortedMap;
use crate::state::bytes::{ByteReader, CorruptState, FileKind, begin_file, end_file, open_file};
use crate::state::bytes::{put_bytes, put_offsets, put_u32};
use crate::state::composite_key::{put_key, put_key_group, take_key};
use crate::state::key_groups::KeyGroupRange;
use crate::state::lsm::{Change, LsmOptions, LsmTree, open_levels};
use crate::state::table::{StateTable, StateValue};
use crate::state::{StateDescriptor, StateError, StateId, StateKind};

/// A tree and what is known of its files elsewhere.
#[derive(Clone, Debug)]
pub(super) struct LsmBackend {
    pub tree: LsmTree,
    /// Where it began: with a file's number, what others know the file by.
    id: Rc<str>,
    /// The runs of checkpoints of which it is not known yet whether they are complete.
    uploaded: SortedMap<u64, Rc<[u64]>>,
    /// The runs of the newest one that is.
    confirmed: Rc<[u64]>,
    /// Whether snapshots are its files; else they are written whole.
    writes_files: bool,
}

/// What a snapshot begins with. The default is of state in tables.
#[derive(Clone, Debug, Default)]
pub struct SnapshotBase {
    checkpoint_id: u64,
    /// Files that need not be written; `None`: none is to be shared with another checkpoint.
    known: Option<Rc<[u64]>>,
}

/// What a snapshot may share with others. Flink: `SnapshotType.SharingFilesStrategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharingFiles {
    /// Files of earlier checkpoints are used again, and later ones may use its files.
    ForwardBackward,
    /// All is written anew, and later ones may use it.
    Forward,
    /// It stands alone.
    NoSharing,
}

/// A file of a snapshot by its name, with its size; without bytes one that an earlier checkpoint has written.
pub type WrittenFile = (Rc<str>, Option<Rc<[u8]>>, u64);

/// Finds the bytes of a file by its name.
pub type FindFile<'a> = &'a dyn Fn(&str) -> Result<Rc<[u8]>, CorruptState>;

/// A snapshot as files.
#[derive(Clone, Debug)]
pub struct IncrementalBytes {
    pub range: KeyGroupRange,
    pub backend_id: Rc<str>,
    pub checkpoint_id: u64,
    pub files: Vec<WrittenFile>,
    /// Whether later checkpoints may use them too.
    pub is_shared: bool,
    /// Which states there are, which runs stand in which level, and the queues.
    pub meta: Rc<[u8]>,
}

/// Runs of so many bits are numbered in each generation of a backend.
const RUN_BITS: u32 = 24;

/// Attempts of a task of so many bits tell generations apart that start from the same checkpoint.
const ATTEMPT_BITS: u32 = 12;

/// The number of the first run of a backend: no run that an earlier attempt or job wrote has the same, or a greater
/// one, so that no two files of a backend bear the same name.
pub const fn first_run(restored_checkpoint: u64, attempt: u32) -> u64 {
    let attempt = attempt as u64 % (1 << ATTEMPT_BITS);
    ((restored_checkpoint << ATTEMPT_BITS | attempt) << RUN_BITS) + 1
}

fn file_name(number: u64) -> Rc<str> {
    let (generation, run) = (number >> RUN_BITS, number % (1 << RUN_BITS));
    let (checkpoint, attempt) = (generation >> ATTEMPT_BITS, generation % (1 << ATTEMPT_BITS));
    match generation {
        0 => format!("{run:06}.sst"),
        _ => format!("{checkpoint}.{attempt}-{run:06}.sst"),
    }
    .into()
}

/// Reading and writing.
impl KeyedState {
    /// The same, empty, on files. `id` is unique in the job.
    #[must_use]
    pub fn on_files(self, id: Rc<str>, options: LsmOptions) -> Self {
        if self.key_groups.is_none() {
            return self;
        }
        let tree = LsmTree::new(options);
        let lsm =
            LsmBackend { tree, id, uploaded: SortedMap::new(), confirmed: [].into(), writes_files: true };
        Self { lsm: Some(Box::new(lsm)), ..self }
    }

    /// The same, whose native snapshots are its files, or are written whole. Flink: `isIncremental`.
    #[must_use]
    pub fn writes_files(mut self, writes_files: bool) -> Self {
        if let Some(lsm) = &mut self.lsm {
            lsm.writes_files = writes_files;
        }
        self
    }

    /// Whether its native snapshots are files.
    pub fn is_written_as_files(&self) -> bool {
        self.lsm.as_ref().is_some_and(|lsm| lsm.writes_files)
    }

    /// The tree, of state on files.
    pub fn tree(&self) -> Option<&LsmTree> {
        self.lsm.as_ref().map(|lsm| &lsm.tree)
    }

    pub(super) fn lsm_ref(&self) -> &LsmBackend {
        self.lsm.as_ref().expect("asked for on files only")
    }

    pub(super) fn kind_of(&self, id: StateId) -> StateKind {
        self.states[id.0 as usize].descriptor.kind
    }

    /// The bytes that the current key has in a state.
    pub(super) fn lsm_key(&self, id: StateId) -> Result<Vec<u8>, StateError> {
        let (state, current) = self.at(id)?;
        let mut key = Vec::with_capacity(32);
        put_key_group(&mut key, current.key_group, self.max_parallelism());
        key.extend_from_slice(&(id.0 as u16).to_be_bytes());
        put_key(&mut key, &current.key, state.namespace);
        Ok(key)
    }

    pub(super) fn lsm_apply(&mut self, key: &[u8], change: Change, bytes: &[u8]) {
        let prefix = self.prefix_bytes();
        let Self { lsm: Some(lsm), states, now, .. } = self else { return };
        lsm.tree.apply(key, change, bytes, &|key, value| is_expired(states, *now, prefix, key, value));
    }

    fn max_parallelism(&self) -> u32 {
        self.key_groups.map_or(1, |groups| groups.max_parallelism)
    }

    pub(super) const fn prefix_bytes(&self) -> usize {
        match self.key_groups {
            Some(KeyGroups { max_parallelism: 129.., .. }) => 2,
            _ => 1,
        }
    }
}

fn is_expired(states: &[RegisteredState], now: i64, prefix: usize, key: &[u8], value: &[u8]) -> bool {
    let number = usize::from(u16::from_be_bytes([key[prefix], key[prefix + 1]]));
    let Some(RegisteredState { descriptor, .. }) = states.get(number) else { return false };
    let Some(ttl) = descriptor.ttl.filter(|ttl| ttl.cleans_files) else { return false };
    unexpired(&decode(descriptor.kind, value), ttl, now).is_none()
}

/// From one backend to another.
impl KeyedState {
    /// The same in tables: itself, if it is there.
    pub fn on_heap(&self) -> Cow<'_, Self> {
        let Some(lsm) = &self.lsm else { return Cow::Borrowed(self) };
        let mut heap = self.empty_on_heap();
        let prefix = self.prefix_bytes();
        for (bytes, slot) in lsm.tree.scan(&[]) {
            let (group, rest) = bytes.split_at(prefix);
            let key_group = group.iter().fold(0, |group, &byte| group << 8 | u32::from(byte));
            let id = u32::from(u16::from_be_bytes([rest[0], rest[1]]));
            let mut rest = ByteReader(&rest[2..]);
            let kind = self.kind_of(StateId(id));
            let (key, namespace) = take_key(&mut rest).expect("a tree holds what was put there");
            let held = heap.restored_entry(id, key_group, key, namespace).expect("a key of this key group");
            match kind {
                StateKind::Map => drop(map_mut(held).insert(value_in(rest.0), value_in(&slot.bytes))),
                _ => *held = decode(kind, &slot.bytes),
            }
        }
        Cow::Owned(heap)
    }

    /// Its states without what they hold.
    pub(super) fn empty_on_heap(&self) -> Self {
        let groups = self.range().map_or(0, KeyGroupRange::group_count);
        let states = self.states.iter().map(|state| RegisteredState {
            table: StateTable::new(groups),
            is_plain: state.descriptor.ttl.is_none() && state.declared.is_null(),
            ..state.clone()
        });
        Self { states: states.collect(), lsm: None, current: None, ..self.clone() }
    }

    /// Takes what is of its own key groups from other tables, whose states are registered here if they are not.
    pub(super) fn absorb(&mut self, heap: &Self) -> Result<(), StateError> {
        for (number, state) in (0..).zip(&heap.states) {
            let descriptor = &state.descriptor;
            let id = self.register_restored(
                Rc::clone(&descriptor.name),
                descriptor.kind,
                (descriptor.ttl.is_some(), state.namespaces),
                &state.declared,
            )?;
            self.put_all(StateId(id), heap, number, &StateValue::clone)?;
        }
        Ok(())
    }

    /// Everything that a state holds is changed, given what it holds in tables.
    pub(super) fn replace_all(
        &mut self,
        id: StateId,
        heap: &Self,
        change: &dyn Fn(&StateValue) -> StateValue,
    ) -> Result<(), StateError> {
        self.put_all(id, heap, id.0 as usize, change)
    }

    fn put_all(
        &mut self,
        id: StateId,
        heap: &Self,
        number: usize,
        change: &dyn Fn(&StateValue) -> StateValue,
    ) -> Result<(), StateError> {
        let Some(own) = self.range() else { return Ok(()) };
        let before = self.current.take();
        let namespace = self.states[id.0 as usize].namespace;
        for (group_idx, table) in heap.states[number].table.groups() {
            if !own.contains(heap.key_group_at(group_idx)) {
                continue;
            }
            for (key, value) in table.iter() {
                self.set_current_key(key.key.clone())?;
                self.set_namespace(id, key.namespace());
                self.put(id, change(value))?;
            }
        }
        self.set_namespace(id, namespace);
        self.current = before;
        Ok(())
    }
}

/// Snapshots.
impl KeyedState {
    /// A snapshot begins: what is in the buffer goes to a file.
    pub fn begin_snapshot(&mut self, checkpoint_id: u64, sharing: SharingFiles) -> SnapshotBase {
        let prefix = self.prefix_bytes();
        let Self { lsm: Some(lsm), states, now, .. } = self else { return SnapshotBase::default() };
        lsm.tree.flush(&|key, value| is_expired(states, *now, prefix, key, value));
        if sharing == SharingFiles::NoSharing {
            return SnapshotBase { checkpoint_id, known: None };
        }
        let runs = lsm.tree.levels().iter().flatten().map(|run| run.number());
        lsm.uploaded.insert(checkpoint_id, runs.collect());
        let known = if sharing == SharingFiles::Forward { Rc::default() } else { Rc::clone(&lsm.confirmed) };
        SnapshotBase { checkpoint_id, known: Some(known) }
    }

    /// A checkpoint is complete: its files need not be written again.
    pub fn on_checkpoint_complete(&mut self, checkpoint_id: u64) {
        if let Some(lsm) = &mut self.lsm
            && let Some(runs) = lsm.uploaded.remove(&checkpoint_id)
        {
            lsm.confirmed = runs;
            lsm.uploaded = lsm.uploaded.split_off(&checkpoint_id);
        }
    }

    /// As the files of the tree; `None` where there is none.
    pub fn write_files(&self, base: &SnapshotBase, queues: &[QueueSnapshot]) -> Option<IncrementalBytes> {
        let (lsm, range) = (self.lsm.as_ref()?, self.range()?);
        if self.states.is_empty() && queues.is_empty() {
            return None;
        }
        let mut meta = begin_file(FileKind::Manifest);
        self.write_meta(queues, &mut meta);
        put_u32(&mut meta, lsm.tree.levels().len() as u32);
        for runs in lsm.tree.levels() {
            put_offsets(&mut meta, &runs.iter().map(|run| run.number()).collect::<Vec<_>>());
        }
        for elements in queues.iter().flat_map(|queue| &queue.groups) {
            put_u32(&mut meta, elements.len() as u32);
            for element in elements {
                put_bytes(&mut meta, element);
            }
        }
        let is_known = |number| base.known.as_ref().is_some_and(|known: &Rc<[u64]>| known.contains(&number));
        let files = lsm.tree.levels().iter().flatten().map(|run| {
            let bytes = (!is_known(run.number())).then(|| Rc::clone(run.file()));
            (file_name(run.number()), bytes, run.file().len() as u64)
        });
        Some(IncrementalBytes {
            range,
            backend_id: Rc::clone(&lsm.id),
            checkpoint_id: base.checkpoint_id,
            files: files.collect(),
            is_shared: base.known.is_some(),
            meta: end_file(meta),
        })
    }

    /// The tree whole, as every backend reads it: its keys stand in that order. What is over is left out where snapshots
    /// do so. Flink: `RocksNativeFullSnapshotStrategy`, `RocksFullSnapshotStrategy`.
    pub(super) fn write_tree(&self, range: KeyGroupRange, queues: &[QueueSnapshot]) -> KeyedStateBytes {
        let mut file = begin_file(FileKind::Canonical);
        self.write_meta(queues, &mut file);
        let prefix = self.prefix_bytes();
        let mut entries = self.lsm_ref().tree.scan(&[]).into_iter().peekable();
        let mut offsets = Vec::with_capacity(range.group_count() as usize);
        for group_idx in 0..range.group_count() {
            offsets.push(file.len() as u64);
            let mut key = self.group_prefix(group_idx);
            let mut pairs = CanonicalPairs::new(&mut file);
            while let Some((bytes, slot)) = entries.next_if(|(bytes, _)| bytes[..prefix] == key[..prefix]) {
                let number = u16::from_be_bytes([bytes[prefix], bytes[prefix + 1]]);
                key.truncate(prefix);
                key.extend_from_slice(&bytes[prefix + 2..]);
                let StateDescriptor { kind, ttl, .. } = self.states[usize::from(number)].descriptor;
                match ttl.filter(|ttl| ttl.cleans_snapshots) {
                    None => pairs.put(number, &key, &slot.bytes),
                    Some(ttl) => {
                        if let Some(left) = unexpired(&decode(kind, &slot.bytes), ttl, self.now) {
                            pairs.put(number, &key, &encode(&left));
                        }
                    }
                }
            }
            pairs.end(self, group_idx, queues);
        }
        KeyedStateBytes { range, offsets: offsets.into(), bytes: end_file(file) }
    }

    /// Adds what was written as files, of the key groups that are ours. A tree that is empty and has the same key groups
    /// goes on with the files themselves.
    pub fn read_files(
        &mut self,
        written: (KeyGroupRange, &Rc<str>, u64),
        meta: &[u8],
        file: FindFile<'_>,
        on_queue: OnQueueElement<'_>,
    ) -> Result<(), StateError> {
        let Some(groups) = self.key_groups else { return Ok(()) };
        let (range, backend_id, checkpoint_id) = written;
        let mut source = Self {
            key_groups: Some(KeyGroups { range, ..groups }),
            lsm: None,
            states: Vec::new(),
            current: None,
            ..self.clone()
        };
        let mut body = open_file(meta, FileKind::Manifest)?;
        let states = source.read_meta(&mut body)?;
        let levels = body.count()?;
        let numbers = (0..levels).map(|_| body.offsets().map(|numbers| numbers.to_vec()));
        let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
        for state in &states {
            let Restored::Queue(name) = state else { continue };
            for key_group in range.start..=range.end {
                for _ in 0..body.count()? {
                    let element = body.bytes()?;
                    if groups.range.contains(key_group) {
                        on_queue(name, element)?;
                    }
                }
            }
        }
        let levels = open_levels(&numbers, &|number| file(&file_name(number)))?;
        let goes_on = groups.range == range && self.states.is_empty();
        if let Some(lsm) = self.lsm.as_mut().filter(|lsm| goes_on && lsm.tree.is_empty()) {
            lsm.tree = LsmTree::of_levels(lsm.tree.options(), levels);
            lsm.id = Rc::clone(backend_id);
            lsm.confirmed = numbers.concat().into();
            lsm.uploaded.insert(checkpoint_id, Rc::clone(&lsm.confirmed));
            for state in &mut source.states {
                state.is_plain = false;
            }
            self.states = source.states;
            return self.check_keys_on_files();
        }
        let mut source = source.on_files(Rc::clone(backend_id), LsmOptions::default());
        if let Some(lsm) = &mut source.lsm {
            lsm.tree = LsmTree::of_levels(LsmOptions::default(), levels);
        }
        self.absorb(&source.on_heap())
    }
}

#[cfg(test)]
mod tests;
