//! What a state holds for the current key, as it stands in its backend: in a table, or in a tree of files.
//!
//! Contract: nothing here knows of time. Flink: the states of `HeapKeyedStateBackend` and `RocksDBKeyedStateBackend`.

use std::rc::Rc;

use super::{KeyedState, list_mut, map, map_mut};
use crate::record::Value;
use crate::state::bytes::{ByteReader, put_value};
use crate::state::lsm::Change;
use crate::state::table::StateValue;
use crate::state::{StateError, StateId, StateKind};

impl KeyedState {
    /// Everything that it holds.
    pub(super) fn fetch(&mut self, id: StateId) -> Result<Option<StateValue>, StateError> {
        if self.lsm.is_none() {
            let (state, current) = self.at(id)?;
            return Ok(state.get(current).cloned());
        }
        let kind = self.kind_of(id);
        let prefix = self.lsm_key(id)?;
        let tree = &self.lsm_ref().tree;
        if kind != StateKind::Map {
            return Ok(tree.get(&prefix).map(|bytes| decode(kind, &bytes)));
        }
        let mut entries = StateValue::empty(kind);
        let found = tree.scan(&prefix);
        for (key, slot) in &found {
            let user_key = value_in(&key[prefix.len()..]);
            map_mut(&mut entries).insert(user_key, value_in(&slot.bytes));
        }
        Ok((!found.is_empty()).then_some(entries))
    }

    /// Everything that it holds is this, from now on.
    pub(super) fn put(&mut self, id: StateId, value: StateValue) -> Result<(), StateError> {
        if self.lsm.is_none() {
            *self.entry(id)? = value;
            return Ok(());
        }
        if let StateValue::Map(entries) = value {
            self.remove(id)?;
            for (user_key, value) in entries.iter() {
                self.store_user(id, user_key, Some(value))?;
            }
            return Ok(());
        }
        let key = self.lsm_key(id)?;
        let bytes = encode(&value);
        self.lsm_apply(&key, Change::Put, &bytes);
        Ok(())
    }

    /// It holds nothing any more.
    pub(super) fn remove(&mut self, id: StateId) -> Result<(), StateError> {
        if self.lsm.is_none() {
            let (state, current) = self.at_mut(id)?;
            let place = state.place(current);
            state.table.remove(place);
            return Ok(());
        }
        let key = self.lsm_key(id)?;
        if self.kind_of(id) != StateKind::Map {
            self.lsm_apply(&key, Change::Delete, &[]);
            return Ok(());
        }
        for (key, _) in self.lsm_ref().tree.scan(&key) {
            self.lsm_apply(&key, Change::Delete, &[]);
        }
        Ok(())
    }

    /// Elements behind those that it holds.
    pub(super) fn push(&mut self, id: StateId, values: Vec<Value>) -> Result<(), StateError> {
        if self.lsm.is_none() {
            list_mut(self.entry(id)?).extend(values);
            return Ok(());
        }
        let key = self.lsm_key(id)?;
        let bytes = encode(&StateValue::List(Rc::new(values)));
        self.lsm_apply(&key, Change::Append, &bytes);
        Ok(())
    }

    /// What a map holds under a key.
    pub(super) fn fetch_user(&mut self, id: StateId, user_key: &Value) -> Result<Option<Value>, StateError> {
        if self.lsm.is_none() {
            let (state, current) = self.at(id)?;
            return Ok(state.get(current).and_then(|held| map(held).get(user_key)).cloned());
        }
        let mut key = self.lsm_key(id)?;
        put_value(&mut key, user_key);
        Ok(self.lsm_ref().tree.get(&key).map(|bytes| value_in(&bytes)))
    }

    /// A map holds this under a key from now on, or nothing.
    pub(super) fn store_user(
        &mut self,
        id: StateId,
        user_key: &Value,
        value: Option<&Value>,
    ) -> Result<(), StateError> {
        if self.lsm.is_some() {
            let mut key = self.lsm_key(id)?;
            put_value(&mut key, user_key);
            let bytes = value.map(|value| encode(&StateValue::One(value.clone())));
            let change = if bytes.is_some() { Change::Put } else { Change::Delete };
            self.lsm_apply(&key, change, &bytes.unwrap_or_default());
            return Ok(());
        }
        if value.is_none() && self.fetch_user(id, user_key)?.is_none() {
            return Ok(());
        }
        let entries = map_mut(self.entry(id)?);
        match value {
            Some(value) => drop(entries.insert(user_key.clone(), value.clone())),
            None => drop(entries.shift_remove(user_key)),
        }
        if entries.is_empty() { self.remove(id) } else { Ok(()) }
    }
}

/// The bytes of what a state holds for one key.
pub(super) fn encode(value: &StateValue) -> Vec<u8> {
    let mut bytes = Vec::new();
    match value {
        StateValue::One(one) => put_value(&mut bytes, one),
        StateValue::List(values) => values.iter().for_each(|one| put_value(&mut bytes, one)),
        StateValue::Map(_) => unreachable!("a map stands entry by entry"),
    }
    bytes
}

/// What [`encode`] has written, of a state that holds no map.
pub(super) fn decode(kind: StateKind, bytes: &[u8]) -> StateValue {
    let mut bytes = ByteReader(bytes);
    if kind != StateKind::List {
        return StateValue::One(value_in(bytes.0));
    }
    let mut values = Vec::new();
    while !bytes.is_empty() {
        values.push(bytes.value().expect("a tree holds what was put there"));
    }
    StateValue::List(Rc::new(values))
}

/// The one value that bytes of the tree hold.
pub(super) fn value_in(bytes: &[u8]) -> Value {
    ByteReader(bytes).value().expect("a tree holds what was put there")
}
