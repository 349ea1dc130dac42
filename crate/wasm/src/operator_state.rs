//! Operator state and checkpoints, as a function of a job sees them (`web/src/api/checkpointed-function.ts`).

use js_sys::{Array, Error};
use wasm_bindgen::prelude::*;
use weir_engine::state::handle::OperatorStateMode;
use weir_engine::state::operator_state::{OperatorListId, OperatorStateBackend};

use crate::context::with_context;
use crate::value;

/// The number of the list with this name, made if it is new; `declared`: the type of its elements.
#[wasm_bindgen(js_name = operatorList)]
pub fn operator_list(name: &str, is_union: bool, declared: &JsValue) -> Result<u32, JsValue> {
    let mode = if is_union { OperatorStateMode::Union } else { OperatorStateMode::SplitDistribute };
    with_context(|context| {
        let states = &mut context.operator_state;
        let list = states.list_state(name, mode).map_err(|error| error.to_string())?;
        states.declare(list, &value::from_js(declared)?).map_err(|error| error.to_string())?;
        Ok(list.0)
    })
}

fn with_list<R>(
    id: u32,
    use_it: impl FnOnce(&mut OperatorStateBackend, OperatorListId) -> R,
) -> Result<R, JsValue> {
    with_context(|context| {
        let id = OperatorListId(id);
        if context.operator_state.has(id) {
            Ok(use_it(&mut context.operator_state, id))
        } else {
            Err("This state belongs to a function of another operator.".to_owned())
        }
    })
}

/// The list's elements.
#[wasm_bindgen(js_name = operatorListGet)]
pub fn operator_list_get(id: u32) -> Result<Array, JsValue> {
    with_list(id, |state, id| value::array(state.entries(id)))
}

/// Elements behind those that it has, or in their place.
#[wasm_bindgen(js_name = operatorListAddAll)]
pub fn operator_list_add_all(id: u32, elements: &Array, replaces: bool) -> Result<(), JsValue> {
    let elements = value::from_array(elements).map_err(|message| Error::new(&message))?;
    if elements.iter().any(weir_engine::record::Value::is_null) {
        return Err(Error::new("You cannot add null to a ListState.").into());
    }
    with_list(id, |state, id| {
        if replaces {
            state.update(id, elements);
        } else {
            for element in elements {
                state.add(id, element);
            }
        }
    })
}

/// The checkpoint that the operator was restored from.
#[wasm_bindgen(js_name = restoredCheckpoint)]
pub fn restored_checkpoint() -> Result<Option<f64>, JsValue> {
    with_context(|context| Ok(context.restored_checkpoint_id.map(|id| id as f64)))
}

/// Id and timestamp of the checkpoint that is taken.
#[wasm_bindgen(js_name = currentCheckpoint)]
pub fn current_checkpoint() -> Result<Vec<f64>, JsValue> {
    with_context(|context| {
        let (id, timestamp) = context.checkpoint.unwrap_or_default();
        Ok(vec![id as f64, timestamp as f64])
    })
}
