//! One state's entries: a table for each key group, shared with snapshots until it changes.
//!
//! Contract: a clone costs one reference count; the first change after it copies the spine (one pointer
//! a key group) and, of the key group that it touches, the page with the entry. Entries stand in order of insertion;
//! removal puts the last entry in the place of the removed one.
//! Flink: `StateTable`, `CopyOnWriteStateMap`.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::iter;
use std::rc::Rc;

use indexmap::IndexMap;

use super::StateKind;
use super::namespace::{Namespace, SharedNamespace};
use crate::base::own::{own, own_seldom};
use crate::base::paged_map::{HashedKey, PagedMap};
use crate::record::Value;

/// The entries of a map state, in order of insertion.
pub type MapEntries = IndexMap<Value, Value, JavaTable>;

/// Makes hashers, and knows how many entries there were at most: a table of Java's does not shrink.
#[derive(Clone, Debug, Default)]
pub struct JavaTable {
    most: Cell<u32>,
}

impl JavaTable {
    /// So many entries are there: answers how many there were at most.
    pub fn note(&self, entries: usize) -> u32 {
        self.most.set(self.most.get().max(entries as u32));
        self.most.get()
    }
}

impl BuildHasher for JavaTable {
    type Hasher = JavaHasher;

    #[inline]
    fn build_hasher(&self) -> JavaHasher {
        JavaHasher::default()
    }
}

/// Spreads the Java hash code that `Value`'s `Hash` writes; no more work than that.
#[derive(Clone, Copy, Default)]
pub struct JavaHasher(u64);

impl Hasher for JavaHasher {
    #[inline]
    fn write_i32(&mut self, hash: i32) {
        self.0 = spread(hash);
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("a Value hashes by write_i32 alone");
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Java's hash codes are dense in their low bits; the map wants both ends mixed, on 32 bits too.
#[inline]
pub const fn spread(hash: i32) -> u64 {
    let product = (hash as u32 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 32)
}

/// What a state holds for one key.
#[derive(Clone, Debug, PartialEq)]
pub enum StateValue {
    /// Value, reduced value or accumulator.
    One(Value),
    List(Rc<Vec<Value>>),
    Map(Rc<MapEntries>),
}

impl StateValue {
    pub(super) fn empty(kind: StateKind) -> Self {
        match kind {
            StateKind::Value | StateKind::Reducing | StateKind::Aggregating => Self::One(Value::Null),
            StateKind::List => Self::List(Rc::default()),
            StateKind::Map => Self::Map(Rc::default()),
        }
    }
}

impl fmt::Display for StateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => value.fmt(f),
            Self::List(values) => f.write_str("[").and_then(|()| {
                fmt_joined(f, values.iter(), |f, value| value.fmt(f))?;
                f.write_str("]")
            }),
            Self::Map(entries) => f.write_str("{").and_then(|()| {
                fmt_joined(f, entries.iter(), |f, (key, value)| write!(f, "{key}={value}"))?;
                f.write_str("}")
            }),
        }
    }
}

fn fmt_joined<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    item: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (idx, each) in items.enumerate() {
        if idx > 0 {
            f.write_str(", ")?;
        }
        item(f, each)?;
    }
    Ok(())
}

/// The key at hand, with what is derived from it once for all accesses.
#[derive(Clone, Debug)]
pub(super) struct CurrentKey {
    pub key: Value,
    /// Java hash code.
    pub hash: i32,
    pub key_group: u32,
    /// Place of the key group in the subtask's range.
    pub group_idx: u32,
}

/// The key at hand with the namespace of the state that is reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub key: &'a Value,
    pub namespace: Namespace,
    /// Of both.
    pub hash: i32,
    pub group_idx: u32,
}

impl Place<'_> {
    #[inline(always)]
    fn is_at(&self, key: &TableKey) -> bool {
        key.key.is(self.key) && key.namespace().is(self.namespace)
    }

    #[inline(never)]
    fn find_in(&self, table: &GroupTable) -> Option<u32> {
        table.find(self.hash, |key| self.is_at(key))
    }

    fn add_to(&self, table: &mut GroupTable, value: StateValue, latest: &mut SharedNamespace) -> u32 {
        let newest = iter::once(&*latest).chain(table.newest().map(|key| &key.namespace));
        let namespace = SharedNamespace::among(newest, self.namespace);
        latest.clone_from(&namespace);
        table.push(TableKey { key: self.key.clone(), hash: self.hash, namespace }, value)
    }
}

/// What an entry belongs to. Entries are many, so each is as small as can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableKey {
    pub key: Value,
    /// Of both.
    hash: i32,
    namespace: SharedNamespace,
}

impl TableKey {
    #[inline(always)]
    pub fn namespace(&self) -> Namespace {
        self.namespace.get()
    }
}

impl HashedKey for TableKey {
    fn hash(&self) -> i32 {
        self.hash
    }
}

pub(super) type GroupTable = PagedMap<TableKey, StateValue>;

/// What a table holds for a key.
pub(super) fn value_in<'a>(table: &'a GroupTable, key: &TableKey) -> Option<&'a StateValue> {
    let place = table.find(key.hash, |other| other == key)?;
    Some(table.at(place).1)
}

/// All entries of one state in one subtask.
#[derive(Clone, Debug)]
pub(super) struct StateTable {
    /// By place in the key-group range; `None` while a group has no entry.
    groups: Rc<Vec<Option<Rc<GroupTable>>>>,
    /// That of the newest entry.
    latest: SharedNamespace,
}

impl StateTable {
    pub fn new(group_count: u32) -> Self {
        Self { groups: Rc::new(vec![None; group_count as usize]), latest: SharedNamespace::default() }
    }

    #[inline]
    pub fn get(&self, at: Place<'_>) -> Option<&StateValue> {
        let group = self.groups.as_slice()[at.group_idx as usize].as_ref()?;
        let place = at.find_in(group)?;
        Some(group.at(place).1)
    }

    /// The entry of the key, made by `empty` where there is none: one look-up when it is there.
    #[inline]
    pub fn entry(&mut self, at: Place<'_>, empty: impl FnOnce() -> StateValue) -> &mut StateValue {
        let group = &mut own(&mut self.groups).as_mut_slice()[at.group_idx as usize];
        let group = own(match group {
            Some(group) => group,
            none => none.insert(Rc::default()),
        });
        let place = at.find_in(group).unwrap_or_else(|| at.add_to(group, empty(), &mut self.latest));
        group.value_mut_in_place(place)
    }

    pub fn remove(&mut self, at: Place<'_>) -> Option<StateValue> {
        // Where there is nothing to do, nothing is copied for it.
        let place = at.find_in(self.group(at.group_idx)?)?;
        let group = &mut own_seldom(&mut self.groups)[at.group_idx as usize];
        let table = own_seldom(group.as_mut()?);
        let (_, removed) = table.swap_remove(place);
        if table.is_empty() {
            *group = None;
        }
        Some(removed)
    }

    /// An entry holds what `left` leaves of it, or is no more. Whether it is still there.
    pub fn replace_at(
        &mut self,
        group_idx: u32,
        entry: u32,
        left: impl FnOnce(&StateValue) -> Option<StateValue>,
    ) -> bool {
        let found = self.group(group_idx).filter(|table| (entry as usize) < table.len());
        let Some((_, held)) = found.map(|table| table.at(entry)) else { return true };
        let left = left(held);
        if left.as_ref() == Some(held) {
            return true;
        }
        let group = &mut own_seldom(&mut self.groups)[group_idx as usize];
        let table = own_seldom(group.as_mut().expect("the group of an entry"));
        let stays = left.is_some();
        match left {
            Some(left) => *table.value_mut(entry) = left,
            None => drop(table.swap_remove(entry)),
        }
        if table.is_empty() {
            *group = None;
        }
        stays
    }

    /// The same with all entries.
    pub fn retain(&mut self, left: impl Fn(&StateValue) -> Option<StateValue>) {
        for group_idx in 0..self.groups.len() as u32 {
            let mut entry = 0;
            while (entry as usize) < self.group(group_idx).map_or(0, GroupTable::len) {
                if self.replace_at(group_idx, entry, &left) {
                    entry += 1;
                }
            }
        }
    }

    /// Removes all entries of a key group.
    pub fn clear_group(&mut self, group_idx: u32) {
        if self.groups[group_idx as usize].is_some() {
            own_seldom(&mut self.groups)[group_idx as usize] = None;
        }
    }

    /// The tables that hold entries, each with the place of its key group.
    pub fn groups(&self) -> impl Iterator<Item = (u32, &GroupTable)> {
        (0..).zip(self.groups.iter()).filter_map(|(idx, group)| Some((idx, group.as_deref()?)))
    }

    /// Places of the key groups whose tables are not the same object in both.
    pub fn groups_changed_since<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let all = if Rc::ptr_eq(&self.groups, &older.groups) { 0 } else { self.groups.len() };
        (0..all as u32).filter(|&idx| match (self.group_shared(idx), older.group_shared(idx)) {
            (Some(new), Some(old)) => !Rc::ptr_eq(new, old),
            (None, None) => false,
            _ => true,
        })
    }

    pub fn group(&self, group_idx: u32) -> Option<&GroupTable> {
        self.group_shared(group_idx).map(AsRef::as_ref)
    }

    fn group_shared(&self, group_idx: u32) -> Option<&Rc<GroupTable>> {
        self.groups.get(group_idx as usize)?.as_ref()
    }
}
