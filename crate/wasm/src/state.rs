//! Keyed state, as the state handles of a job reach it (`web/src/api/state.ts`).

use std::rc::Rc;

use js_sys::{Array, Error};
use wasm_bindgen::prelude::*;
use weir_engine::operator::context::OperatorContext;
use weir_engine::operator::function::UserError;
use weir_engine::state::keyed::KeyedState;
use weir_engine::state::namespace::{Namespace, TimeWindow, Window};
use weir_engine::state::{StateId, StateKind, StateTtlConfig, StateValue};

use crate::context::{answered, given, with_context};
use crate::exchange;
use crate::value;

/// The kinds of keyed state.
#[wasm_bindgen(js_name = StateKind)]
#[derive(Clone, Copy)]
pub enum JsStateKind {
    Value,
    List,
    Map,
    Reducing,
    Aggregating,
}

impl From<JsStateKind> for StateKind {
    fn from(kind: JsStateKind) -> Self {
        match kind {
            JsStateKind::Value => Self::Value,
            JsStateKind::List => Self::List,
            JsStateKind::Map => Self::Map,
            JsStateKind::Reducing => Self::Reducing,
            JsStateKind::Aggregating => Self::Aggregating,
        }
    }
}

/// The number of the state with this name, made if it is new; `declared`: the type of what it holds.
#[wasm_bindgen(js_name = stateRegister)]
pub fn state_register(kind: JsStateKind, name: &str, declared: &JsValue) -> Result<u32, JsValue> {
    with_context(|context| {
        let id = context.get_state(&Rc::from(name), kind.into()).map_err(UserError::into_message)?;
        declare(context, id, declared)
    })
}

fn declare(context: &mut OperatorContext, id: StateId, declared: &JsValue) -> Result<u32, String> {
    let declared = value::from_js(declared)?;
    context.state.declare(id, &declared).map_err(|error| error.to_string())?;
    Ok(id.0)
}

/// The same of one whose state lives for so many ms; `flags`: 1 reading gives new life, 2 what is over is seen, 4 and 8
/// it is left out of full snapshots, and of files that are merged; `cleanup_size`: entries to look at with each access.
#[wasm_bindgen(js_name = stateRegisterWithTtl)]
pub fn state_register_with_ttl(
    kind: JsStateKind,
    name: &str,
    declared: &JsValue,
    ttl_ms: f64,
    flags: u32,
    cleanup_size: u32,
) -> Result<u32, JsValue> {
    with_context(|context| {
        let ttl = StateTtlConfig {
            updates_on_read: flags & 1 != 0,
            returns_expired: flags & 2 != 0,
            cleans_snapshots: flags & 4 != 0,
            cleans_files: flags & 8 != 0,
            cleans_entries: cleanup_size,
            ..StateTtlConfig::new(ttl_ms as i64).map_err(|error| error.to_string())?
        };
        let id = context.get_state_with_ttl(&Rc::from(name), kind.into(), ttl);
        declare(context, id.map_err(UserError::into_message)?, declared)
    })
}

/// The same for the window at hand; `per_window`: for its function, which has none where windows merge.
#[wasm_bindgen(js_name = statePartitioned)]
pub fn state_partitioned(kind: JsStateKind, name: &str, per_window: bool) -> Result<u32, JsValue> {
    with_context(|context| {
        if per_window && !context.has_window_state {
            return Err("Per-window state is not allowed when using merging windows.".to_owned());
        }
        let found = context.get_partitioned_state(context.namespace, name, kind.into());
        found.map(|id| id.0).map_err(UserError::into_message)
    })
}

/// Takes what the state holds for another window: a value, or an array of a list's elements; null for nothing.
#[wasm_bindgen(js_name = stateTake)]
pub fn state_take(id: u32, start: i64, end: i64) -> Result<JsValue, JsValue> {
    let window = Namespace::Window(Window::Time(TimeWindow { start, end }));
    let taken = with_state(id, |state, id| state.take(id, window))?;
    Ok(match taken {
        Some(StateValue::One(taken)) => value::to_js(&taken),
        Some(StateValue::List(values)) => value::array(&values).into(),
        Some(StateValue::Map(_)) | None => JsValue::NULL,
    })
}

/// A number from here on is that of a broadcast state.
const BROADCAST: u32 = 1 << 16;

/// The number of the broadcast state with this name; `makes`: made if it is new; `declared`: the types of its entries.
#[wasm_bindgen(js_name = broadcastState)]
pub fn broadcast_state(name: &str, makes: bool, declared: &JsValue) -> Result<u32, JsValue> {
    with_context(|context| {
        if makes {
            context.broadcast_state(&Rc::from(name)).map_err(UserError::into_message)?;
        }
        let states = context.broadcast.as_deref();
        let found = states.and_then(|states| states.find(name, StateKind::Map));
        let id = found.ok_or_else(|| {
            "The requested state does not exist. Check for typos in your state descriptor, or specify the state \
             descriptor in the datastream.broadcast(...) call if you forgot to register it."
                .to_owned()
        })?;
        context.declare_broadcast(id, &value::from_js(declared)?).map_err(|error| error.to_string())?;
        Ok(BROADCAST | id.0)
    })
}

/// The keys for which a keyed state holds something.
#[wasm_bindgen(js_name = stateKeys)]
pub fn state_keys(id: u32) -> Result<Array, JsValue> {
    with_context(|context| {
        Ok(context.state.on_heap().keys(StateId(id)).into_iter().map(value::to_js).collect())
    })
}

/// From now on, keyed state is that of the key in the exchange buffer, or of one that does not fit into it.
#[wasm_bindgen(js_name = setCurrentKey)]
pub fn set_current_key(large: Option<JsValue>) -> Result<(), JsValue> {
    let key = given(large)?;
    with_context(|context| context.set_current_key(key).map_err(UserError::into_message))
}

/// Uses a state that the operator registered.
fn with_state<R, E: ToString>(
    id: u32,
    use_it: impl FnOnce(&mut KeyedState, StateId) -> Result<R, E>,
) -> Result<R, JsValue> {
    with_context(|context| {
        let states = match &mut context.broadcast {
            Some(states) if id & BROADCAST != 0 => states,
            _ => &mut context.state,
        };
        let id = id & !BROADCAST;
        if states.descriptors().nth(id as usize).is_none() {
            return Err("This state belongs to a function of another operator.".to_owned());
        }
        use_it(states, StateId(id)).map_err(|error| error.to_string())
    })
}

/// `state.clear()`, of any kind.
#[wasm_bindgen(js_name = stateClear)]
pub fn state_clear(id: u32) -> Result<(), JsValue> {
    with_state(id, KeyedState::clear)
}

/// The value, or what was reduced or aggregated so far, in the exchange buffer if it fits.
#[wasm_bindgen(js_name = stateValue)]
pub fn state_value(id: u32) -> Result<JsValue, JsValue> {
    with_state(id, KeyedState::value).map(|found| answered(&found))
}

/// Sets the value from the exchange buffer, or one that does not fit into it; null removes it.
#[wasm_bindgen(js_name = stateUpdate)]
pub fn state_update(id: u32, large: Option<JsValue>) -> Result<(), JsValue> {
    let new = given(large)?;
    with_state(id, |state, id| state.update(id, new))
}

/// The list's elements.
#[wasm_bindgen(js_name = stateList)]
pub fn state_list(id: u32) -> Result<Array, JsValue> {
    with_state(id, KeyedState::list).map(|list| value::array(&list))
}

/// The element as in `stateUpdate`.
#[wasm_bindgen(js_name = stateListAdd)]
pub fn state_list_add(id: u32, large: Option<JsValue>) -> Result<(), JsValue> {
    let element = given(large)?;
    with_state(id, |state, id| state.list_add(id, element))
}

/// Adds elements to a list state, in their order.
#[wasm_bindgen(js_name = stateListAddAll)]
pub fn state_list_add_all(id: u32, elements: &Array) -> Result<(), JsValue> {
    let elements = value::from_array(elements).map_err(|message| Error::new(&message))?;
    with_state(id, |state, id| state.list_add_all(id, elements))
}

/// Replaces the elements of a list state.
#[wasm_bindgen(js_name = stateListUpdate)]
pub fn state_list_update(id: u32, elements: &Array) -> Result<(), JsValue> {
    let elements = value::from_array(elements).map_err(|message| Error::new(&message))?;
    with_state(id, |state, id| state.list_update(id, elements))
}

/// The value of the key, which comes as in `stateUpdate`; in the exchange buffer if it fits.
#[wasm_bindgen(js_name = stateMapGet)]
pub fn state_map_get(id: u32, large_key: Option<JsValue>) -> Result<JsValue, JsValue> {
    let key = given(large_key)?;
    with_state(id, |state, id| state.map_get(id, &key)).map(|found| answered(&found))
}

/// Key and value lie in the exchange buffer, one after the other.
#[wasm_bindgen(js_name = stateMapPut)]
pub fn state_map_put(id: u32) -> Result<(), JsValue> {
    let [key, new] = exchange::read_values();
    with_state(id, |state, id| state.map_put(id, key, new))
}

/// Key and value, of which one does not fit into the exchange buffer.
#[wasm_bindgen(js_name = stateMapPutLarge)]
pub fn state_map_put_large(id: u32, key: JsValue, new: JsValue) -> Result<(), JsValue> {
    let (key, new) = (given(Some(key))?, given(Some(new))?);
    with_state(id, |state, id| state.map_put(id, key, new))
}

/// Removes an entry of a map state.
#[wasm_bindgen(js_name = stateMapRemove)]
pub fn state_map_remove(id: u32, large_key: Option<JsValue>) -> Result<(), JsValue> {
    let key = given(large_key)?;
    with_state(id, |state, id| state.map_remove(id, &key))
}

/// Whether a map state has an entry for the key.
#[wasm_bindgen(js_name = stateMapContains)]
pub fn state_map_contains(id: u32, large_key: Option<JsValue>) -> Result<bool, JsValue> {
    let key = given(large_key)?;
    with_state(id, |state, id| state.map_contains(id, &key))
}

/// The map's keys, in the order of Flink's iteration.
#[wasm_bindgen(js_name = stateMapKeys)]
pub fn state_map_keys(id: u32) -> Result<Array, JsValue> {
    let entries = with_state(id, KeyedState::map_entries)?;
    Ok(entries.iter().map(|(key, _)| value::to_js(key)).collect())
}

/// The map's values, in the order of their keys.
#[wasm_bindgen(js_name = stateMapValues)]
pub fn state_map_values(id: u32) -> Result<Array, JsValue> {
    let entries = with_state(id, KeyedState::map_entries)?;
    Ok(entries.iter().map(|(_, value)| value::to_js(value)).collect())
}
