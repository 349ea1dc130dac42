//! A TaskManager under the inspector, in the form of the protocol's `TaskManagerDetail`.

use serde::Serialize;
use weir_engine::inspect::memory as engine;

use crate::disk::DiskDetail;
use crate::object::ObjectMap;

/// `TaskManagerDetail` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskManagerDetail {
    task_manager: u32,
    name: String,
    segment_bytes: u32,
    memory: Vec<MemoryPart>,
    metrics: ObjectMap<&'static str, f64>,
    slots: Vec<SlotMemory>,
    disk: DiskDetail,
}

#[derive(Serialize)]
struct MemoryPart {
    depth: u32,
    name: &'static str,
    option: Option<&'static str>,
    bytes: f64,
    text: String,
}

#[derive(Serialize)]
struct SlotMemory {
    pages: u32,
    free: u32,
}

impl From<engine::TaskManagerDetail> for TaskManagerDetail {
    fn from(detail: engine::TaskManagerDetail) -> Self {
        let part = |part: engine::MemoryPart| MemoryPart {
            depth: part.depth,
            name: part.name,
            option: part.option,
            bytes: part.bytes as f64,
            text: part.text,
        };
        let slot = |slot: engine::SlotMemory| SlotMemory { pages: slot.pages, free: slot.free };
        Self {
            task_manager: detail.id.0,
            name: detail.name,
            segment_bytes: detail.segment_bytes,
            memory: detail.memory.into_iter().map(part).collect(),
            metrics: ObjectMap(detail.metrics.into_iter().collect()),
            slots: detail.slots.into_iter().map(slot).collect(),
            disk: detail.disk.into(),
        }
    }
}
