//! A TaskManager's disk, a task's results and its sorting, in the form of the protocol's `DiskDetail`,
//! `ResultDetail` and `SortingDetail`.

use serde::Serialize;
use weir_engine::inspect::disk as engine;

/// `DiskDetail` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiskDetail {
    latency_ticks: u32,
    bytes_per_tick: u32,
    used_bytes: f64,
    read_bytes: f64,
    written_bytes: f64,
    files: Vec<FileDetail>,
    requests: Vec<RequestDetail>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileDetail {
    name: String,
    bytes: f64,
    mapped_bytes: f64,
    dirty_bytes: f64,
    content: FileContent,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum FileContent {
    Subpartition {
        partition: u32,
        subpartition: u32,
        producer: String,
        bounded_data: &'static str,
        state: &'static str,
        data_buffers: u32,
        writing: u32,
        readers: Vec<ReaderDetail>,
    },
    SortedRun {
        task: String,
        input: u8,
    },
}

#[derive(Serialize)]
struct ReaderDetail {
    channel: u32,
    consumer: String,
    polled: u32,
    count: u32,
    ready: u32,
    asked: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestDetail {
    file: String,
    read: bool,
    bytes: f64,
    done_at: Option<f64>,
}

/// `ResultDetail` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultDetail {
    partition: u32,
    result_type: &'static str,
    state: &'static str,
    bounded_data: Option<&'static str>,
    file_bytes: f64,
}

/// `SortingDetail` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SortingDetail {
    input: u8,
    added: f64,
    taken: f64,
    memory_bytes: f64,
    memory_bytes_max: f64,
    runs: u32,
    spilling: bool,
    sorted: bool,
}

impl From<engine::DiskDetail> for DiskDetail {
    fn from(disk: engine::DiskDetail) -> Self {
        let request = |request: engine::RequestDetail| RequestDetail {
            file: request.file.to_string(),
            read: request.is_read,
            bytes: request.bytes as f64,
            done_at: request.done_at.map(|tick| tick as f64),
        };
        Self {
            latency_ticks: disk.latency_ticks,
            bytes_per_tick: disk.bytes_per_tick,
            used_bytes: disk.used_bytes as f64,
            read_bytes: disk.read_bytes as f64,
            written_bytes: disk.written_bytes as f64,
            files: disk.files.into_iter().map(file).collect(),
            requests: disk.requests.into_iter().map(request).collect(),
        }
    }
}

impl From<engine::ResultDetail> for ResultDetail {
    fn from(result: engine::ResultDetail) -> Self {
        Self {
            partition: result.partition.place(),
            result_type: result.result_type,
            state: result.state.name(),
            bounded_data: result.kind,
            file_bytes: result.file_bytes as f64,
        }
    }
}

impl From<engine::SortingDetail> for SortingDetail {
    fn from(detail: engine::SortingDetail) -> Self {
        let state = detail.state;
        Self {
            input: detail.input,
            added: state.added as f64,
            taken: state.taken as f64,
            memory_bytes: state.memory_bytes as f64,
            memory_bytes_max: state.memory_bytes_max as f64,
            runs: state.runs,
            spilling: state.is_spilling,
            sorted: state.is_sorted,
        }
    }
}

fn file(file: engine::FileDetail) -> FileDetail {
    FileDetail {
        name: file.name.to_string(),
        bytes: file.bytes as f64,
        mapped_bytes: file.mapped_bytes as f64,
        dirty_bytes: file.dirty_bytes as f64,
        content: match file.content {
            engine::FileContent::SortedRun { task, input } => {
                FileContent::SortedRun { task: task.to_string(), input }
            }
            engine::FileContent::Subpartition(file) => FileContent::Subpartition {
                partition: file.partition.place(),
                subpartition: file.subpartition,
                producer: file.producer.to_string(),
                bounded_data: file.kind,
                state: file.state.name(),
                data_buffers: file.data_buffers,
                writing: file.writing,
                readers: file.readers.into_iter().map(reader).collect(),
            },
        },
    }
}

fn reader(reader: engine::ReaderDetail) -> ReaderDetail {
    ReaderDetail {
        channel: reader.channel.place(),
        consumer: reader.consumer.to_string(),
        polled: reader.polled,
        count: reader.count,
        ready: reader.ready,
        asked: reader.asked,
    }
}
