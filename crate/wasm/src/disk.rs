//! A TaskManager's disk, a task's results and its sorting, in the form of the protocol's `DiskDetail`,
//! `ResultDetail` and `SortingDetail`.

use wasm_bindgen::JsValue;
use weir_engine::inspect::disk as engine;

use crate::object::Fields;

/// `DiskDetail` of the protocol.
pub fn detail(disk: &engine::DiskDetail) -> JsValue {
    Fields::new()
        .count("latencyTicks", disk.latency_ticks)
        .count("bytesPerTick", disk.bytes_per_tick)
        .long("usedBytes", disk.used_bytes)
        .long("readBytes", disk.read_bytes)
        .long("writtenBytes", disk.written_bytes)
        .list("files", &disk.files, file)
        .list("requests", &disk.requests, |request| {
            Fields::new()
                .text("file", &request.file)
                .flag("read", request.is_read)
                .long("bytes", request.bytes)
                .put("doneAt", request.done_at.map_or(JsValue::NULL, |tick| JsValue::from_f64(tick as f64)))
                .done()
        })
        .done()
}

/// `ResultDetail` of the protocol.
pub fn result(result: &engine::ResultDetail) -> JsValue {
    Fields::new()
        .count("partition", result.partition.place())
        .text("resultType", result.result_type)
        .text("state", result.state.name())
        .maybe_text("boundedData", result.kind)
        .long("fileBytes", result.file_bytes)
        .done()
}

/// `SortingDetail` of the protocol.
pub fn sorting(detail: &engine::SortingDetail) -> JsValue {
    let state = &detail.state;
    Fields::new()
        .count("input", u32::from(detail.input))
        .long("added", state.added)
        .long("taken", state.taken)
        .long("memoryBytes", state.memory_bytes)
        .long("memoryBytesMax", state.memory_bytes_max)
        .count("runs", state.runs)
        .flag("spilling", state.is_spilling)
        .flag("sorted", state.is_sorted)
        .done()
}

fn file(file: &engine::FileDetail) -> JsValue {
    Fields::new()
        .text("name", &file.name)
        .long("bytes", file.bytes)
        .long("mappedBytes", file.mapped_bytes)
        .long("dirtyBytes", file.dirty_bytes)
        .put("content", content(&file.content))
        .done()
}

fn content(content: &engine::FileContent) -> JsValue {
    match content {
        engine::FileContent::SortedRun { task, input } => {
            Fields::new().text("kind", "sortedRun").text("task", task).count("input", u32::from(*input))
        }
        engine::FileContent::Subpartition(file) => Fields::new()
            .text("kind", "subpartition")
            .count("partition", file.partition.place())
            .count("subpartition", file.subpartition)
            .text("producer", &file.producer)
            .text("boundedData", file.kind)
            .text("state", file.state.name())
            .count("dataBuffers", file.data_buffers)
            .count("writing", file.writing)
            .list("readers", &file.readers, reader),
    }
    .done()
}

fn reader(reader: &engine::ReaderDetail) -> JsValue {
    Fields::new()
        .count("channel", reader.channel.place())
        .text("consumer", &reader.consumer)
        .count("polled", reader.polled)
        .count("count", reader.count)
        .count("ready", reader.ready)
        .count("asked", reader.asked)
        .done()
}
