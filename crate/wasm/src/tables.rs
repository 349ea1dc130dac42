//! Answers of single parts, for checking them against tables of what the real Flink answered.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use weir_engine::graph::execution_graph::wiring;
use weir_engine::record::java_hash;
use weir_engine::state::key_groups;

use crate::error::{JobError, to_js};
use crate::value;

#[derive(Serialize)]
struct KeyGroup {
    key_group: u32,
    subtask: u32,
}

#[derive(Serialize)]
struct Range {
    first: u32,
    last: u32,
}

#[derive(Serialize)]
struct Read {
    consumer: u32,
    first_producer: u32,
    last_producer: u32,
    first_subpartition: u32,
    last_subpartition: u32,
}

#[derive(Deserialize)]
struct Parallelism {
    max_parallelism: u32,
    parallelism: u32,
}

/// Java's hash code of a key.
#[wasm_bindgen(js_name = hashCode)]
pub fn hash_code(key: &JsValue) -> Result<i32, JsValue> {
    Ok(java_hash(&key_from_js(key)?))
}

/// The key group of a key, and the subtask that has it.
#[wasm_bindgen(js_name = keyGroup)]
pub fn key_group(key: &JsValue, max_parallelism: u32, parallelism: u32) -> Result<JsValue, JsValue> {
    let key_group = key_groups::assign_to_key_group(&key_from_js(key)?, max_parallelism);
    let subtask = key_groups::operator_index(key_group, max_parallelism, parallelism);
    Ok(to_js(&KeyGroup { key_group, subtask }))
}

/// First and last key group of a subtask; the object names the parallelisms.
#[wasm_bindgen(js_name = keyGroupRange)]
pub fn key_group_range(parallelism: JsValue, subtask: u32) -> Result<JsValue, JsValue> {
    let Parallelism { max_parallelism, parallelism } = serde_wasm_bindgen::from_value(parallelism)?;
    let range = key_groups::range_for_operator(max_parallelism, parallelism, subtask);
    Ok(to_js(&Range { first: range.start, last: range.end }))
}

/// The max parallelism of a vertex that sets none.
#[wasm_bindgen(js_name = defaultMaxParallelism)]
pub fn default_max_parallelism(parallelism: u32) -> u32 {
    key_groups::compute_default_max_parallelism(parallelism)
}

/// What each consumer reads on a pointwise edge.
#[wasm_bindgen]
pub fn pointwise(producers: u32, consumers: u32) -> JsValue {
    let reads = wiring::pointwise(producers, consumers);
    let reads = (0..).zip(reads).map(|(consumer, range)| Read {
        consumer,
        first_producer: range.producer_first,
        last_producer: range.producer_last,
        first_subpartition: range.subpartition_first,
        last_subpartition: range.subpartition_last,
    });
    to_js(&reads.collect::<Vec<_>>())
}

fn key_from_js(key: &JsValue) -> Result<weir_engine::record::Value, JsValue> {
    value::from_js(key).map_err(|error| JobError::new("api", error).into())
}
