//! A task or a buffer under the inspector, in the form of the protocol's `TaskDetail` and `BufferDetail`.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use weir_engine::inspect::buffers::BufferPart;
use weir_engine::inspect::detail as engine;

use crate::disk;
use crate::event_time;
use crate::object::{Fields, list, numbers};

/// `TaskDetail` of the protocol, of the task at this place of the topology.
pub fn task(task: u32, detail: &engine::TaskDetail) -> JsValue {
    let key_groups = detail.key_groups.map_or(JsValue::NULL, |(first, last)| {
        Fields::new().count("first", first).count("last", last).done()
    });
    let watermarks = detail.watermarks.as_ref().map_or(JsValue::NULL, event_time::watermarks);
    Fields::new()
        .count("task", task)
        .text("name", &detail.name)
        .text("state", detail.state.name())
        .put("keyGroups", key_groups)
        .list("operators", &detail.operators, operator)
        .list("mailbox", &detail.mailbox, |mail| JsValue::from_str(mail))
        .list("keyedState", &detail.keyed_state, state_entry)
        .put("watermarks", watermarks)
        .list("timers", &detail.timers, event_time::timer)
        .list("gates", &detail.gates, |gate| Fields::new().list("channels", gate, input_channel).done())
        .list("outputs", &detail.outputs, output)
        .list("sorting", &detail.sorting, disk::sorting)
        .put("metrics", numbers(detail.metrics.iter().map(|(name, value)| (&**name, *value))))
        .text("backPressure", detail.back_pressure.name())
        .text("vertexBackPressure", detail.vertex_back_pressure.name())
        .done()
}

/// `BufferDetail` of the protocol.
pub fn buffer(detail: &engine::BufferDetail) -> JsValue {
    summary_fields(&detail.summary)
        .text("where", detail.place)
        .count("segmentBytes", detail.segment_bytes)
        .put("content", Uint8Array::from(&detail.content[..]).into())
        .list("parts", &detail.parts, part)
        .maybe_count("before", detail.before)
        .maybe_count("after", detail.after)
        .done()
}

fn part(part: &BufferPart) -> JsValue {
    Fields::new()
        .count("offset", part.offset)
        .count("length", part.length)
        .maybe_text("text", part.text.as_deref())
        .text("what", part.what)
        .done()
}

fn operator(operator: &engine::OperatorDetail) -> JsValue {
    Fields::new()
        .shown("id", &operator.id)
        .text("name", &operator.name)
        .long("recordsIn", operator.records_in)
        .long("recordsOut", operator.records_out)
        .done()
}

fn state_entry(entry: &engine::StateEntry) -> JsValue {
    let fields = Fields::new()
        .text("operator", &entry.operator)
        .text("state", &entry.state)
        .count("keyGroup", entry.key_group)
        .text("key", &entry.key)
        .text("namespace", &entry.namespace)
        .text("value", &entry.value);
    match &entry.before {
        Some(before) => fields.text("before", before),
        None => fields,
    }
    .done()
}

fn input_channel(channel: &engine::ChannelDetail) -> JsValue {
    Fields::new()
        .count("channel", channel.channel.place())
        .text("from", &channel.peer)
        .put("buffers", summaries(channel))
        .count("credit", channel.credit)
        .done()
}

fn output(output: &engine::OutputDetail) -> JsValue {
    Fields::new()
        .text("name", &output.name)
        .put("result", disk::result(&output.result))
        .count("poolUsed", output.pool_used)
        .count("poolSize", output.pool_size)
        .list("subpartitions", &output.subpartitions, |channel| {
            Fields::new()
                .count("channel", channel.channel.place())
                .text("to", &channel.peer)
                .put("buffers", summaries(channel))
                .done()
        })
        .done()
}

fn summaries(channel: &engine::ChannelDetail) -> JsValue {
    list(&channel.buffers, |summary| summary_fields(summary).done())
}

fn summary_fields(summary: &engine::BufferSummary) -> Fields {
    Fields::new()
        .count("buffer", summary.buffer)
        .count("bytes", summary.bytes)
        .count("records", summary.records)
        .flag("open", summary.is_open)
        .maybe_text("event", summary.event)
}
