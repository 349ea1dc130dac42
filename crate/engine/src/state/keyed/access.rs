//! Reads and writes what a state holds for the current key, by its kind.
//!
//! Contract: null is no value, and an empty list or map no entry. A plain state's way is short; that of one on files, or
//! with a time-to-live, goes through [`super::ttl`]. A state of another kind is a bug of the caller. Flink: the methods of
//! `ValueState`, `ListState` and `MapState`.

use std::rc::Rc;

use super::{KeyedState, list, list_mut, map, map_mut, one, one_mut};
use crate::record::hash_order::hash_map_order;
use crate::record::{Value, java_hash};
use crate::state::table::{MapEntries, StateValue};
use crate::state::{StateDescriptor, StateError, StateFault, StateId};

/// Any kind of state.
impl KeyedState {
    fn null_element(&self, id: StateId) -> StateError {
        let StateDescriptor { name, kind, .. } = self.states[id.0 as usize].descriptor.clone();
        StateFault::NullElement { name, kind }.into()
    }

    /// Removes what the state, of any kind, holds for the current key.
    pub fn clear(&mut self, id: StateId) -> Result<(), StateError> {
        if !self.is_plain(id) {
            return self.remove(id);
        }
        if self.is_broadcast {
            let entries = map_mut(self.entry(id)?);
            entries.hasher().note(entries.len());
            entries.clear();
            return Ok(());
        }
        let (state, current) = self.at_mut(id)?;
        let place = state.place(current);
        state.table.remove(place);
        Ok(())
    }
}

/// Value, reducing and aggregating state: one value a key.
impl KeyedState {
    /// The value; null where there is none.
    #[inline]
    pub fn value(&mut self, id: StateId) -> Result<Value, StateError> {
        if !self.is_plain(id) {
            return self.special_value(id);
        }
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
        if !self.is_plain(id) {
            return self.put_wrapped(id, StateValue::One(value));
        }
        *one_mut(self.entry(id)?) = value;
        Ok(())
    }

    /// The value, changed in its place where it can be; null where there was none. Left null, there is none after.
    #[inline(always)]
    pub fn change<R>(&mut self, id: StateId, change: impl FnOnce(&mut Value) -> R) -> Result<R, StateError> {
        let is_plain = self.is_plain(id);
        let mut special = Value::Null;
        let value = if is_plain {
            one_mut(self.entry(id)?)
        } else {
            special = self.special_value(id)?;
            &mut special
        };
        let result = change(value);
        let is_null = value.is_null();
        if !is_plain {
            self.update(id, special)?;
            return Ok(result);
        }
        special.discard();
        if is_null {
            self.clear(id)?;
        }
        Ok(result)
    }
}

/// List state.
impl KeyedState {
    /// The elements, shared: a snapshot for whoever iterates while the state changes.
    pub fn list(&mut self, id: StateId) -> Result<Rc<Vec<Value>>, StateError> {
        if !self.is_plain(id) {
            return self.special_list(id);
        }
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
        if !self.is_plain(id) {
            return self.append(id, vec![value]);
        }
        list_mut(self.entry(id)?).push(value);
        Ok(())
    }

    pub fn list_add_all(&mut self, id: StateId, values: Vec<Value>) -> Result<(), StateError> {
        if values.iter().any(Value::is_null) {
            return Err(self.null_element(id));
        }
        if values.is_empty() {
            return Ok(());
        }
        if !self.is_plain(id) {
            return self.append(id, values);
        }
        list_mut(self.entry(id)?).extend(values);
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
        if !self.is_plain(id) {
            return self.put_wrapped(id, StateValue::List(Rc::new(values)));
        }
        *list_mut(self.entry(id)?) = values;
        Ok(())
    }
}

/// Map state. Its keys and values may be null.
impl KeyedState {
    /// The entries, shared, in order of insertion.
    pub fn map(&mut self, id: StateId) -> Result<Rc<MapEntries>, StateError> {
        if !self.is_plain(id) {
            return self.special_map(id);
        }
        let (state, current) = self.at(id)?;
        Ok(match state.get(current) {
            Some(value) => Rc::clone(map(value)),
            None => Rc::default(),
        })
    }

    /// The entries in the order in which a function iterates over them: on the heap that of a `HashMap` of Java, on
    /// files that of the keys' bytes.
    pub fn map_entries(&mut self, id: StateId) -> Result<Vec<(Value, Value)>, StateError> {
        let map = self.map(id)?;
        let entry = |(key, value): (&Value, &Value)| (key.clone(), value.clone());
        if self.lsm.is_some() {
            return Ok(map.iter().map(entry).collect());
        }
        let order = hash_map_order(&mut map.keys().map(java_hash), map.hasher().note(map.len()));
        Ok(order.into_iter().filter_map(|place| map.get_index(place as u32 as usize).map(entry)).collect())
    }

    /// The value under `user_key`; null where there is none.
    pub fn map_get(&mut self, id: StateId, user_key: &Value) -> Result<Value, StateError> {
        if !self.is_plain(id) {
            return Ok(self.special_map_get(id, user_key)?.unwrap_or_default());
        }
        let (state, current) = self.at(id)?;
        let value = state.get(current).and_then(|value| map(value).get(user_key));
        Ok(value.cloned().unwrap_or_default())
    }

    pub fn map_contains(&mut self, id: StateId, user_key: &Value) -> Result<bool, StateError> {
        if !self.is_plain(id) {
            return Ok(self.special_map_get(id, user_key)?.is_some());
        }
        let (state, current) = self.at(id)?;
        Ok(state.get(current).is_some_and(|value| map(value).contains_key(user_key)))
    }

    pub fn map_put(&mut self, id: StateId, user_key: Value, value: Value) -> Result<(), StateError> {
        if !self.is_plain(id) {
            return self.put_user(id, &user_key, value);
        }
        map_mut(self.entry(id)?).insert(user_key, value);
        Ok(())
    }

    /// Removes the value under `user_key`; with the last one the entry of the key goes.
    pub fn map_remove(&mut self, id: StateId, user_key: &Value) -> Result<(), StateError> {
        if !self.is_plain(id) {
            return self.remove_user(id, user_key);
        }
        if !self.map_contains(id, user_key)? {
            return Ok(());
        }
        let entries = map_mut(self.entry(id)?);
        entries.hasher().note(entries.len());
        // Keeps the order of the others, at the price of moving those after it.
        entries.shift_remove(user_key);
        if entries.is_empty() {
            self.clear(id)?;
        }
        Ok(())
    }
}
