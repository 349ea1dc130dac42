//! Event time in a task, in the form of the protocol's `TaskWatermarks` and `TimerEntry`, and what the event-time
//! view draws, in the form of its `EventTime`.

use js_sys::{Float64Array, Uint8Array, Uint32Array};
use wasm_bindgen::JsValue;
use weir_engine::base::ids::TaskId;
use weir_engine::inspect::event_time::{self as log, TimeColumns};
use weir_engine::inspect::watermarks::{
    ChannelWatermark, InputWatermarks, TaskWatermarks, TimerEntry, time_text,
};
use weir_engine::sim::timestamps::Origin;
use weir_engine::sim::world::World;

use crate::object::{Fields, list};
use crate::sentence;

/// `TaskWatermarks` of the protocol.
pub fn watermarks(told: &TaskWatermarks) -> JsValue {
    Fields::new()
        .text("current", &time_text(told.current))
        .text("output", &time_text(told.output))
        .list("inputs", &told.inputs, input)
        .put("sentence", sentence::parts(&told.sentence))
        .done()
}

fn input(told: &InputWatermarks) -> JsValue {
    Fields::new()
        .count("input", u32::from(told.input))
        .text("watermark", &time_text(told.watermark))
        .flag("idle", told.is_idle)
        .list("channels", &told.channels, channel)
        .done()
}

fn channel(told: &ChannelWatermark) -> JsValue {
    Fields::new()
        .count("channel", told.channel.place())
        .text("from", &told.from)
        .text("watermark", &time_text(told.watermark))
        .flag("idle", told.is_idle)
        .flag("catchesUp", told.catches_up)
        .flag("holdsBack", told.holds_back)
        .done()
}

/// `TimerEntry` of the protocol.
pub fn timer(timer: &TimerEntry) -> JsValue {
    Fields::new()
        .text("operator", &timer.operator)
        .flag("eventTime", timer.is_event_time)
        .text("time", &time_text(timer.timestamp))
        .text("key", &timer.key)
        .text("namespace", &timer.namespace)
        .done()
}

/// `EventTime` of the protocol: all operators, and the log of the chosen one.
pub fn event_time(world: &World, chosen: Option<(u32, u32)>, limit: usize) -> JsValue {
    let columns = chosen.and_then(|(task, place)| log::columns(world, TaskId(task), place, limit));
    Fields::new()
        .list("operators", log::operators(world), |operator| {
            Fields::new()
                .count("task", operator.task.0)
                .count("place", operator.place)
                .text("taskName", &operator.task_name)
                .text("name", &operator.name)
                .long("entries", operator.entries)
                .text("shows", operator.shows.name())
                .done()
        })
        .put("log", columns.map_or(JsValue::NULL, |columns| columns_to_js(&columns)))
        .done()
}

/// `RecordOrigin` of the protocol.
pub fn origin(origin: Option<Origin>) -> JsValue {
    let Some(Origin { tick, as_it_is }) = origin else { return JsValue::NULL };
    Fields::new()
        .long("tick", tick)
        .count("task", as_it_is.task.0)
        .count("operator", as_it_is.operator)
        .long("record", as_it_is.record)
        .float("timestamp", as_it_is.timestamp as f64)
        .done()
}

/// `TimeLog` of the protocol: typed arrays.
fn columns_to_js(columns: &TimeColumns) -> JsValue {
    Fields::new()
        .long("skipped", columns.skipped)
        .put("kinds", Uint8Array::from(&columns.kinds[..]).into())
        .put("ticks", Float64Array::from(&columns.ticks[..]).into())
        .put("keys", Uint32Array::from(&columns.keys[..]).into())
        .put("times", Float64Array::from(&columns.times[..]).into())
        .put("ends", Float64Array::from(&columns.ends[..]).into())
        .put("fates", Uint8Array::from(&columns.fates[..]).into())
        .put("into", Float64Array::from(&columns.into[..]).into())
        .put("keyTexts", list(&columns.key_texts, |text| JsValue::from_str(text)))
        .long("lateRecordsDropped", columns.late_records_dropped)
        .done()
}
