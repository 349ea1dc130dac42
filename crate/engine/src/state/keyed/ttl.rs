//! State with a time-to-live, and the long way of all that is not plain.
//!
//! Contract: a value stands with the time when it was touched last, an element of a list and an entry of a map each with
//! its own. What is over is not seen (unless that is wanted) and goes when it is read; on the heap each access looks at
//! some entries more. Flink: `TtlValueState`, `TtlListState`, `TtlMapState`, `TtlIncrementalCleanup`,
//! `TtlAwareSerializer`.

use std::rc::Rc;

use super::{KeyedState, RegisteredState, declared};
use crate::record::Value;
use crate::state::namespace::Namespace;
use crate::state::table::{GroupTable, MapEntries, StateValue};
use crate::state::{StateError, StateId, StateTtlConfig};

/// What is to be done with something that was read.
enum Fate {
    Keep,
    /// It gets new life.
    Touch,
    /// It is over.
    Drop,
}

pub(super) fn wrap(value: Value, now: i64) -> Value {
    Value::tuple([value, Value::Long(now)])
}

/// The value, and when it was touched last.
pub(super) fn parts(wrapped: &Value) -> (&Value, i64) {
    match wrapped {
        Value::Tuple(parts) if let [value, Value::Long(timestamp)] = &**parts => (value, *timestamp),
        other => (other, 0),
    }
}

/// What a state holds, without the times.
pub(super) fn unwrapped(value: StateValue) -> StateValue {
    map_values(value, &|value| parts(value).0.clone())
}

fn map_values(value: StateValue, change: &dyn Fn(&Value) -> Value) -> StateValue {
    match value {
        StateValue::One(one) => StateValue::One(change(&one)),
        StateValue::List(values) => StateValue::List(Rc::new(values.iter().map(change).collect())),
        StateValue::Map(entries) => {
            let changed = entries.iter().map(|(key, value)| (key.clone(), change(value)));
            StateValue::Map(Rc::new(changed.collect::<MapEntries>()))
        }
    }
}

/// What of it is not over; `None` where nothing is left.
pub(super) fn unexpired(value: &StateValue, ttl: StateTtlConfig, now: i64) -> Option<StateValue> {
    let lives = |value: &Value| !ttl.is_expired(parts(value).1, now);
    match value {
        StateValue::One(one) => lives(one).then(|| value.clone()),
        StateValue::List(values) if values.iter().all(lives) => Some(value.clone()),
        StateValue::List(values) => {
            let left: Vec<Value> = values.iter().filter(|value| lives(value)).cloned().collect();
            (!left.is_empty()).then(|| StateValue::List(Rc::new(left)))
        }
        StateValue::Map(entries) if entries.values().all(lives) => Some(value.clone()),
        StateValue::Map(entries) => {
            let left = entries.iter().filter(|(_, value)| lives(value));
            let left: MapEntries = left.map(|(key, value)| (key.clone(), value.clone())).collect();
            (!left.is_empty()).then(|| StateValue::Map(Rc::new(left)))
        }
    }
}

impl RegisteredState {
    /// Whether snapshots leave out what is over.
    pub(super) fn cleans_snapshots(&self) -> bool {
        self.descriptor.ttl.is_some_and(|ttl| ttl.cleans_snapshots)
    }
}

impl KeyedState {
    pub(super) fn ttl_of(&self, id: StateId) -> Option<StateTtlConfig> {
        self.states[id.0 as usize].descriptor.ttl
    }

    /// What is seen of something, and what becomes of it. Flink: `getWrappedWithTtlCheckAndUpdate`.
    fn check(&self, ttl: StateTtlConfig, wrapped: &Value) -> (Option<Value>, Fate) {
        let (value, timestamp) = parts(wrapped);
        if ttl.is_expired(timestamp, self.now) {
            return (ttl.returns_expired.then(|| value.clone()), Fate::Drop);
        }
        (Some(value.clone()), if ttl.updates_on_read { Fate::Touch } else { Fate::Keep })
    }

    /// Value state's `value()`.
    pub(super) fn special_value(&mut self, id: StateId) -> Result<Value, StateError> {
        self.clean_up(id);
        let Some(StateValue::One(held)) = self.fetch(id)? else { return Ok(Value::Null) };
        let Some(ttl) = self.ttl_of(id) else { return Ok(held) };
        let (seen, fate) = self.check(ttl, &held);
        match fate {
            Fate::Keep => {}
            Fate::Touch => self.put(id, StateValue::One(wrap(parts(&held).0.clone(), self.now)))?,
            Fate::Drop => self.remove(id)?,
        }
        Ok(seen.unwrap_or_default())
    }

    /// `update` of any kind: everything gets new life.
    pub(super) fn put_wrapped(&mut self, id: StateId, value: StateValue) -> Result<(), StateError> {
        self.clean_up(id);
        let now = self.now;
        let value = self.typed(id, value)?;
        let value = match self.ttl_of(id) {
            Some(_) => map_values(value, &|value| wrap(value.clone(), now)),
            None => value,
        };
        self.put(id, value)?;
        Ok(())
    }

    /// List state's `add` and `addAll`.
    pub(super) fn append(&mut self, id: StateId, mut values: Vec<Value>) -> Result<(), StateError> {
        self.clean_up(id);
        for value in &mut values {
            *value = declared::check(&self.states[id.0 as usize].declared, value)?;
        }
        if self.ttl_of(id).is_some() {
            values = values.into_iter().map(|value| wrap(value, self.now)).collect();
        }
        self.push(id, values)?;
        Ok(())
    }

    /// List state's `get`.
    pub(super) fn special_list(&mut self, id: StateId) -> Result<Rc<Vec<Value>>, StateError> {
        self.clean_up(id);
        let Some(StateValue::List(held)) = self.fetch(id)? else { return Ok(Rc::default()) };
        let Some(ttl) = self.ttl_of(id) else { return Ok(held) };
        let now = self.now;
        let left = unexpired(&StateValue::List(Rc::clone(&held)), ttl, now);
        match left {
            None => self.remove(id)?,
            Some(left) if ttl.updates_on_read => {
                self.put(id, map_values(left, &|value| wrap(parts(value).0.clone(), now)))?;
            }
            Some(_) => {}
        }
        Ok(Rc::new(held.iter().filter_map(|value| self.check(ttl, value).0).collect()))
    }

    /// Map state's `entries`, `keys` and `values`.
    pub(super) fn special_map(&mut self, id: StateId) -> Result<Rc<MapEntries>, StateError> {
        let Some(StateValue::Map(held)) = self.fetch(id)? else { return Ok(Rc::default()) };
        if self.ttl_of(id).is_none() {
            return Ok(held);
        }
        let mut seen = MapEntries::default();
        for key in held.keys() {
            if let Some(value) = self.special_map_get(id, key)? {
                seen.insert(key.clone(), value);
            }
        }
        Ok(Rc::new(seen))
    }

    /// Map state's `get` and `contains`.
    pub(super) fn special_map_get(
        &mut self,
        id: StateId,
        user_key: &Value,
    ) -> Result<Option<Value>, StateError> {
        self.clean_up(id);
        let held = self.fetch_user(id, user_key)?;
        let (Some(held), Some(ttl)) = (&held, self.ttl_of(id)) else { return Ok(held) };
        let (seen, fate) = self.check(ttl, held);
        match fate {
            Fate::Keep => {}
            Fate::Touch => {
                let touched = wrap(parts(held).0.clone(), self.now);
                self.store_user(id, user_key, Some(&touched))?;
            }
            Fate::Drop => self.store_user(id, user_key, None)?,
        }
        Ok(seen)
    }

    /// Map state's `put`.
    pub(super) fn put_user(
        &mut self,
        id: StateId,
        user_key: &Value,
        mut value: Value,
    ) -> Result<(), StateError> {
        self.clean_up(id);
        if let Value::Tuple(declared) = &self.states[id.0 as usize].declared
            && let [of_key, of_value] = &**declared
        {
            declared::check(of_key, user_key)?;
            value = declared::check(of_value, &value)?;
        }
        let value = if self.ttl_of(id).is_some() { wrap(value, self.now) } else { value };
        self.store_user(id, user_key, Some(&value))?;
        Ok(())
    }

    /// Map state's `remove`.
    pub(super) fn remove_user(&mut self, id: StateId, user_key: &Value) -> Result<(), StateError> {
        self.clean_up(id);
        self.store_user(id, user_key, None)
    }

    /// What a window held that becomes part of another one.
    pub(super) fn take_special(
        &mut self,
        id: StateId,
        namespace: Namespace,
    ) -> Result<Option<StateValue>, StateError> {
        let before = self.states[id.0 as usize].namespace;
        self.set_namespace(id, namespace);
        let taken = self.fetch(id);
        let removed = self.remove(id);
        self.set_namespace(id, before);
        removed?;
        Ok(taken?.map(|taken| if self.ttl_of(id).is_some() { unwrapped(taken) } else { taken }))
    }

    /// The job asks for a state again, or for one that was restored: what stands there gets times, or loses them.
    pub(super) fn set_ttl(&mut self, id: StateId, ttl: Option<StateTtlConfig>) -> Result<(), StateError> {
        let state = &mut self.states[id.0 as usize];
        let had_ttl = std::mem::replace(&mut state.descriptor.ttl, ttl).is_some();
        state.is_plain = self.lsm.is_none() && ttl.is_none() && state.declared.is_null();
        if had_ttl == ttl.is_some() {
            return Ok(());
        }
        let now = self.now;
        let change = |value: &Value| if had_ttl { parts(value).0.clone() } else { wrap(value.clone(), now) };
        let heap = self.on_heap().into_owned();
        self.replace_all(id, &heap, &|value| map_values(value.clone(), &change))
    }

    /// The same in tables, without what is over where snapshots leave that out.
    pub(super) fn without_expired(&self) -> Self {
        let mut heap = self.on_heap().into_owned();
        let now = self.now;
        for state in heap.states.iter_mut().filter(|state| state.cleans_snapshots()) {
            let Some(ttl) = state.descriptor.ttl.take() else { continue };
            state.table.retain(|value| unexpired(value, ttl, now));
            state.descriptor.ttl = Some(StateTtlConfig { cleans_snapshots: false, ..ttl });
        }
        heap
    }

    /// Looks at some entries more, and takes away what is over. Flink: `TtlIncrementalCleanup#stateAccessed`.
    fn clean_up(&mut self, id: StateId) {
        let now = self.now;
        let state = &mut self.states[id.0 as usize];
        let Some(ttl) = state.descriptor.ttl.filter(|_| self.lsm.is_none()) else { return };
        let (mut group, mut entry) = state.cleanup;
        for _ in 0..ttl.cleans_entries {
            if state.table.group(group).map_or(0, GroupTable::len) as u32 <= entry {
                let next = state.table.groups().map(|(idx, _)| idx).find(|&idx| idx > group);
                (group, entry) = (next.unwrap_or(0), 0);
                if next.is_none() {
                    break;
                }
            }
            if state.table.replace_at(group, entry, |value| unexpired(value, ttl, now)) {
                entry += 1;
            }
        }
        state.cleanup = (group, entry);
    }
}

#[cfg(test)]
mod tests;
