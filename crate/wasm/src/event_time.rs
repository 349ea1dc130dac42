//! Event time in a task, in the form of the protocol's `TaskWatermarks` and `TimerEntry`, and what the event-time
//! view draws, in the form of its `EventTime`.

use js_sys::{Float64Array, Object, Reflect, Uint8Array, Uint32Array};
use serde::Serialize;
use wasm_bindgen::JsValue;
use weir_engine::base::ids::TaskId;
use weir_engine::inspect::event_time::{self as log, TimeColumns};
use weir_engine::inspect::watermarks as engine;
use weir_engine::sim::timestamps::Origin;
use weir_engine::sim::world::World;

use crate::error::to_js;
use crate::sentence::{self, SentencePart};

/// `TaskWatermarks` of the protocol.
#[derive(Serialize)]
pub struct TaskWatermarks {
    current: String,
    output: String,
    inputs: Vec<InputWatermarks>,
    sentence: Vec<SentencePart>,
}

#[derive(Serialize)]
struct InputWatermarks {
    input: u8,
    watermark: String,
    idle: bool,
    channels: Vec<ChannelWatermark>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChannelWatermark {
    channel: u32,
    from: String,
    watermark: String,
    idle: bool,
    catches_up: bool,
    holds_back: bool,
}

/// `TimerEntry` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    operator: String,
    event_time: bool,
    time: String,
    key: String,
    namespace: String,
}

impl From<&engine::TaskWatermarks> for TaskWatermarks {
    fn from(told: &engine::TaskWatermarks) -> Self {
        Self {
            current: engine::time_text(told.current),
            output: engine::time_text(told.output),
            inputs: told.inputs.iter().map(InputWatermarks::from).collect(),
            sentence: sentence::parts(&told.sentence),
        }
    }
}

impl From<&engine::InputWatermarks> for InputWatermarks {
    fn from(told: &engine::InputWatermarks) -> Self {
        let channel = |told: &engine::ChannelWatermark| ChannelWatermark {
            channel: told.channel.place(),
            from: told.from.to_string(),
            watermark: engine::time_text(told.watermark),
            idle: told.is_idle,
            catches_up: told.catches_up,
            holds_back: told.holds_back,
        };
        Self {
            input: told.input,
            watermark: engine::time_text(told.watermark),
            idle: told.is_idle,
            channels: told.channels.iter().map(channel).collect(),
        }
    }
}

impl From<engine::TimerEntry> for Timer {
    fn from(timer: engine::TimerEntry) -> Self {
        Self {
            operator: timer.operator.to_string(),
            event_time: timer.is_event_time,
            time: engine::time_text(timer.timestamp),
            key: timer.key,
            namespace: timer.namespace,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimedOperator {
    task: u32,
    place: u32,
    task_name: String,
    name: String,
    entries: f64,
    shows: &'static str,
}

/// `EventTime` of the protocol: all operators, and the log of the chosen one.
pub fn event_time(world: &World, chosen: Option<(u32, u32)>, limit: usize) -> JsValue {
    let operators: Vec<TimedOperator> = log::operators(world)
        .into_iter()
        .map(|operator| TimedOperator {
            task: operator.task.0,
            place: operator.place,
            task_name: operator.task_name.to_string(),
            name: operator.name.to_string(),
            entries: operator.entries as f64,
            shows: operator.shows.name(),
        })
        .collect();
    let columns = chosen.and_then(|(task, place)| log::columns(world, TaskId(task), place, limit));
    let answer = Object::new();
    set(&answer, "operators", &to_js(&operators));
    set(&answer, "log", &columns.map_or(JsValue::NULL, |columns| columns_to_js(&columns)));
    answer.into()
}

/// `RecordOrigin` of the protocol.
pub fn origin(origin: Option<Origin>) -> JsValue {
    let Some(Origin { tick, as_it_is }) = origin else { return JsValue::NULL };
    let answer = Object::new();
    let numbers = [
        ("tick", tick as f64),
        ("task", f64::from(as_it_is.task.0)),
        ("operator", f64::from(as_it_is.operator)),
        ("record", as_it_is.record as f64),
        ("timestamp", as_it_is.timestamp as f64),
    ];
    for (name, number) in numbers {
        set(&answer, name, &JsValue::from_f64(number));
    }
    answer.into()
}

/// `TimeLog` of the protocol: typed arrays, which serde would write as lists of numbers.
fn columns_to_js(columns: &TimeColumns) -> JsValue {
    let log = Object::new();
    set(&log, "skipped", &JsValue::from(columns.skipped as f64));
    set(&log, "kinds", &Uint8Array::from(&columns.kinds[..]));
    set(&log, "ticks", &Float64Array::from(&columns.ticks[..]));
    set(&log, "keys", &Uint32Array::from(&columns.keys[..]));
    set(&log, "times", &Float64Array::from(&columns.times[..]));
    set(&log, "ends", &Float64Array::from(&columns.ends[..]));
    set(&log, "fates", &Uint8Array::from(&columns.fates[..]));
    set(&log, "into", &Float64Array::from(&columns.into[..]));
    set(&log, "keyTexts", &to_js(&columns.key_texts));
    set(&log, "lateRecordsDropped", &JsValue::from(columns.late_records_dropped as f64));
    log.into()
}

fn set(object: &Object, name: &str, value: &JsValue) {
    let is_set = Reflect::set(object, &JsValue::from_str(name), value);
    debug_assert!(is_set.is_ok(), "a new object takes any property");
}
