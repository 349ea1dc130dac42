//! Declared types of keys and of what states hold: checked as values are put, and against what was restored.
//!
//! Contract: where a type was declared, everything that is held is of it. What was restored and is not refuses the
//! type, and nothing has changed then. Flink: `StateSerializerProvider`, `HeapKeyedStateBackend#tryRegisterStateTable`,
//! `RocksDBKeyedStateBackend#updateRestoredStateMetaInfo`, `HeapRestoreOperation`.

use std::rc::Rc;

use super::KeyedState;
use super::ttl::{parts, wrap};
use crate::record::Value;
use crate::state::bytes::ByteReader;
use crate::state::composite_key::take_key;
use crate::state::table::{MapEntries, StateValue};
use crate::state::type_information::{SerializerOf, convert, convert_any};
use crate::state::{StateError, StateFault, StateId, StateKind};

/// The value as one of the declared type.
pub(super) fn check(declared: &Value, value: &Value) -> Result<Value, StateError> {
    convert(declared, value).ok_or_else(|| {
        StateFault::ClassCast { value: value.clone(), declared: SerializerOf::Type(declared.clone()) }.into()
    })
}

/// What a state holds as of the declared type, each value with its time if they have some; else the part that is not,
/// and what was declared for it.
fn convert_held(declared: &Value, held: &StateValue, has_times: bool) -> Result<StateValue, (Value, Value)> {
    let one = |declared: &Value, value: &Value| -> Result<Value, (Value, Value)> {
        let (bare, time) = if has_times { parts(value) } else { (value, 0) };
        let converted = convert(declared, bare).ok_or_else(|| (bare.clone(), declared.clone()))?;
        Ok(if has_times { wrap(converted, time) } else { converted })
    };
    Ok(match held {
        StateValue::One(value) => StateValue::One(one(declared, value)?),
        StateValue::List(values) => {
            let values = values.iter().map(|value| one(declared, value));
            StateValue::List(Rc::new(values.collect::<Result<_, _>>()?))
        }
        StateValue::Map(entries) => {
            let Value::Tuple(types) = declared else { return Ok(held.clone()) };
            let mut converted = MapEntries::default();
            for (key, value) in entries.iter() {
                // An entry is found by its key as that is.
                if convert(&types[0], key).as_ref() != Some(key) {
                    return Err((key.clone(), types[0].clone()));
                }
                converted.insert(key.clone(), one(&types[1], value)?);
            }
            StateValue::Map(Rc::new(converted))
        }
    })
}

/// The part of what a state was declared to hold that cannot be read as the new type, and that of the new one.
fn incompatible<'a>(kind: StateKind, declared: &'a Value, was: &'a Value) -> Option<(&'a Value, &'a Value)> {
    if let (StateKind::Map, Value::Tuple(types), Value::Tuple(parts)) = (kind, declared, was)
        && let ([key, value], [old_key, old_value]) = (&**types, &**parts)
    {
        // An entry is found by its key as that is.
        if convert_any(key, old_key, true).as_ref() != Some(old_key) {
            return Some((old_key, key));
        }
        return incompatible(StateKind::Value, value, old_value);
    }
    convert_any(declared, was, true).is_none().then_some((was, declared))
}

impl KeyedState {
    /// All keys are of this type; null takes every one. Before anything is restored.
    pub fn declare_key(&mut self, declared: Value) {
        self.key_type = declared;
    }

    /// What a state holds is of this type: of a map the pair of its keys' and its values'. Null takes everything. What
    /// it holds already is made to fit, if it can be.
    pub fn declare(&mut self, id: StateId, declared: &Value) -> Result<(), StateError> {
        let state = &self.states[id.0 as usize];
        if state.declared == *declared {
            return Ok(());
        }
        let on_heap = self.lsm.is_none();
        let refused = |(was, wanted)| StateFault::Incompatible {
            part: "state",
            on_heap,
            was,
            wanted: SerializerOf::Type(wanted),
        };
        if let Some((was, wanted)) = incompatible(state.descriptor.kind, declared, &state.declared) {
            return Err(refused((SerializerOf::Type(was.clone()), wanted.clone())).into());
        }
        let has_times = self.ttl_of(id).is_some();
        if !declared.is_null() {
            let heap = self.on_heap().into_owned();
            // First all are looked at, so that a refusal changes nothing.
            for (_, table) in heap.states[id.0 as usize].table.groups() {
                for (_, held) in table.iter() {
                    convert_held(declared, held, has_times)
                        .map_err(|(was, wanted)| refused((SerializerOf::Value(was), wanted)))?;
                }
            }
            self.replace_all(id, &heap, &|held| {
                convert_held(declared, held, has_times).unwrap_or_else(|_| held.clone())
            })?;
        }
        let state = &mut self.states[id.0 as usize];
        state.declared = declared.clone();
        state.is_plain = self.lsm.is_none() && !has_times && declared.is_null();
        Ok(())
    }

    /// The type that was declared for what a state holds.
    pub fn declared(&self, id: StateId) -> &Value {
        &self.states[id.0 as usize].declared
    }

    /// What is put into a state, as of its type.
    pub(super) fn typed(&self, id: StateId, value: StateValue) -> Result<StateValue, StateError> {
        let declared = &self.states[id.0 as usize].declared;
        if declared.is_null() {
            return Ok(value);
        }
        convert_held(declared, &value, false).map_err(|(value, declared)| {
            StateFault::ClassCast { value, declared: SerializerOf::Type(declared) }.into()
        })
    }

    /// A key that was restored, or the type that was declared for all, is of the type that is declared.
    pub(super) fn check_restored_key(&self, key: &Value, is_type: bool) -> Result<(), StateError> {
        if self.key_type.is_null() || convert_any(&self.key_type, key, is_type).as_ref() == Some(key) {
            return Ok(());
        }
        let was = if is_type { SerializerOf::Type } else { SerializerOf::Value }(key.clone());
        let wanted = SerializerOf::Type(self.key_type.clone());
        Err(StateFault::Incompatible { part: "key", on_heap: self.lsm.is_none(), was, wanted }.into())
    }

    /// The same of all keys of files that are used as they are.
    pub(super) fn check_keys_on_files(&self) -> Result<(), StateError> {
        if self.key_type.is_null() {
            return Ok(());
        }
        let prefix = self.prefix_bytes() + 2;
        for (bytes, _) in self.lsm_ref().tree.scan(&[]) {
            self.check_restored_key(&take_key(&mut ByteReader(&bytes[prefix..]))?.0, false)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
