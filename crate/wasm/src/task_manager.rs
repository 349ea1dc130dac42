//! A TaskManager under the inspector, in the form of the protocol's `TaskManagerDetail`.

use wasm_bindgen::JsValue;
use weir_engine::inspect::memory::{MemoryPart, TaskManagerDetail};

use crate::disk;
use crate::object::{Fields, numbers};

/// `TaskManagerDetail` of the protocol.
pub fn detail(detail: &TaskManagerDetail) -> JsValue {
    Fields::new()
        .count("taskManager", detail.id.0)
        .text("name", &detail.name)
        .count("segmentBytes", detail.segment_bytes)
        .list("memory", &detail.memory, memory_part)
        .put("metrics", numbers(detail.metrics.iter().copied()))
        .list("slots", &detail.slots, |slot| {
            Fields::new().count("pages", slot.pages).count("free", slot.free).done()
        })
        .put("disk", disk::detail(&detail.disk))
        .done()
}

fn memory_part(part: &MemoryPart) -> JsValue {
    Fields::new()
        .count("depth", part.depth)
        .text("name", part.name)
        .maybe_text("option", part.option)
        .long("bytes", part.bytes)
        .text("text", &part.text)
        .done()
}
