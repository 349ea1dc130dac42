//! Answers of single parts, for checking them against tables of what the real Flink answered.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use weir_engine::base::choice::{Choices, Driver};
use weir_engine::graph::execution_graph::wiring;
use weir_engine::graph::restart_options::RestartOptions;
use weir_engine::record::{WatermarkStatus, java_hash};
use weir_engine::scheduler::restart::RestartStrategy;
use weir_engine::state::key_groups;
use weir_engine::time::valve::{StatusWatermarkValve, ValveOutput};

use crate::error::{JobError, OrThrow};
use crate::object::to_js;
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

/// A watermark or a status on a channel.
#[derive(Deserialize)]
struct ValveStep {
    channel: u32,
    watermark: Option<i64>,
    status: Option<String>,
}

/// One of the two.
#[derive(Serialize)]
struct ValveEmission {
    #[serde(skip_serializing_if = "Option::is_none")]
    watermark: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
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

/// What a valve of so many channels emits, step by step.
#[wasm_bindgen(js_name = watermarkValve)]
pub fn watermark_valve(channels: u32, steps: JsValue) -> Result<JsValue, JsValue> {
    let steps: Vec<ValveStep> = serde_wasm_bindgen::from_value(steps)?;
    let mut valve = StatusWatermarkValve::new(channels);
    let emissions = steps.iter().map(|step| {
        let output = match (step.watermark, step.status.as_deref()) {
            (Some(watermark), _) => valve.input_watermark(step.channel, watermark),
            (None, Some("IDLE")) => valve.input_status(step.channel, WatermarkStatus::Idle),
            (None, _) => valve.input_status(step.channel, WatermarkStatus::Active),
        };
        valve_emissions(output)
    });
    Ok(to_js(&emissions.collect::<Vec<_>>()))
}

fn valve_emissions(ValveOutput { watermark, status }: ValveOutput) -> Vec<ValveEmission> {
    let status = status.map(|status| if status == WatermarkStatus::Idle { "IDLE" } else { "ACTIVE" });
    [(watermark, None), (None, status)]
        .into_iter()
        .filter(|emission| *emission != (None, None))
        .map(|(watermark, status)| ValveEmission { watermark, status })
        .collect()
}

/// For each failure, at so many ms: whether it asks for a restart of its own, whether there may be one, and after
/// how many ms. The strategy is the one of these options, keys and values in turn.
#[wasm_bindgen(js_name = restartBackoff)]
pub fn restart_backoff(options: Vec<String>, failures: &[f64]) -> Result<Vec<f64>, JsValue> {
    let mut settings = RestartOptions::default();
    for pair in options.chunks_exact(2) {
        settings.set(&pair[0], &pair[1]).or_throw()?;
    }
    let mut strategy = RestartStrategy::new(&settings, false);
    let mut choices = Choices::new(Driver::Default, 0);
    let answers = failures.iter().flat_map(|&at| {
        let now = at as i64;
        let is_new = strategy.notify_failure(now, &mut choices);
        let can_restart = strategy.can_restart(now);
        [f64::from(u8::from(is_new)), f64::from(u8::from(can_restart)), strategy.backoff_ms(now) as f64]
    });
    Ok(answers.collect())
}

fn key_from_js(key: &JsValue) -> Result<weir_engine::record::Value, JsValue> {
    value::from_js(key).map_err(|error| JobError::new("api", error).into())
}
