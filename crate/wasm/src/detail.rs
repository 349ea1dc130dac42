//! A task or a buffer under the inspector, in the form of the protocol's `TaskDetail` and `BufferDetail`.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use weir_engine::inspect::detail as engine;

use crate::disk::{ResultDetail, SortingDetail};
use crate::event_time::{TaskWatermarks, Timer};
use crate::object::ObjectMap;

/// `TaskDetail` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskDetail {
    task: u32,
    name: String,
    state: &'static str,
    key_groups: Option<KeyGroups>,
    operators: Vec<Operator>,
    mailbox: Vec<&'static str>,
    keyed_state: Vec<StateEntry>,
    watermarks: Option<TaskWatermarks>,
    timers: Vec<Timer>,
    gates: Vec<Gate>,
    outputs: Vec<Output>,
    sorting: Vec<SortingDetail>,
    metrics: ObjectMap<Cow<'static, str>, f64>,
    back_pressure: &'static str,
    vertex_back_pressure: &'static str,
}

#[derive(Serialize)]
struct KeyGroups {
    first: u32,
    last: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Operator {
    id: String,
    name: String,
    records_in: f64,
    records_out: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateEntry {
    operator: String,
    state: String,
    key_group: u32,
    key: String,
    namespace: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
}

#[derive(Serialize)]
struct Gate {
    channels: Vec<InputChannel>,
}

#[derive(Serialize)]
struct InputChannel {
    channel: u32,
    from: String,
    buffers: Vec<BufferSummary>,
    credit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    name: String,
    result: ResultDetail,
    pool_used: u32,
    pool_size: u32,
    subpartitions: Vec<Subpartition>,
}

#[derive(Serialize)]
struct Subpartition {
    channel: u32,
    to: String,
    buffers: Vec<BufferSummary>,
}

#[derive(Serialize)]
struct BufferSummary {
    buffer: u32,
    bytes: u32,
    records: u32,
    open: bool,
    event: Option<&'static str>,
}

/// `BufferDetail` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BufferDetail {
    #[serde(flatten)]
    summary: BufferSummary,
    r#where: &'static str,
    segment_bytes: u32,
    #[serde(serialize_with = "as_bytes")]
    content: Vec<u8>,
    parts: Vec<Part>,
    before: Option<u32>,
    after: Option<u32>,
}

#[derive(Serialize)]
struct Part {
    offset: u32,
    length: u32,
    text: Option<String>,
    what: &'static str,
}

impl TaskDetail {
    /// The detail of the task at this place of the topology.
    pub fn new(task: u32, detail: engine::TaskDetail) -> Self {
        Self {
            task,
            name: detail.name.to_string(),
            state: detail.state.name(),
            key_groups: detail.key_groups.map(|(first, last)| KeyGroups { first, last }),
            operators: detail.operators.into_iter().map(operator).collect(),
            mailbox: detail.mailbox,
            keyed_state: detail.keyed_state.into_iter().map(state_entry).collect(),
            watermarks: detail.watermarks.as_ref().map(TaskWatermarks::from),
            timers: detail.timers.into_iter().map(Timer::from).collect(),
            gates: detail
                .gates
                .into_iter()
                .map(|channels| Gate { channels: channels.into_iter().map(input_channel).collect() })
                .collect(),
            outputs: detail.outputs.into_iter().map(output).collect(),
            sorting: detail.sorting.into_iter().map(SortingDetail::from).collect(),
            metrics: ObjectMap(detail.metrics.into_iter().collect()),
            back_pressure: detail.back_pressure.name(),
            vertex_back_pressure: detail.vertex_back_pressure.name(),
        }
    }
}

impl From<engine::BufferDetail> for BufferDetail {
    fn from(detail: engine::BufferDetail) -> Self {
        let part = |part: weir_engine::inspect::buffers::BufferPart| Part {
            offset: part.offset,
            length: part.length,
            text: part.text,
            what: part.what,
        };
        Self {
            summary: summary(detail.summary),
            r#where: detail.place,
            segment_bytes: detail.segment_bytes,
            content: detail.content,
            parts: detail.parts.into_iter().map(part).collect(),
            before: detail.before,
            after: detail.after,
        }
    }
}

fn operator(operator: engine::OperatorDetail) -> Operator {
    Operator {
        id: operator.id.to_string(),
        name: operator.name.to_string(),
        records_in: operator.records_in as f64,
        records_out: operator.records_out as f64,
    }
}

fn state_entry(entry: engine::StateEntry) -> StateEntry {
    StateEntry {
        operator: entry.operator.to_string(),
        state: entry.state.to_string(),
        key_group: entry.key_group,
        key: entry.key,
        namespace: entry.namespace,
        value: entry.value,
        before: entry.before,
    }
}

fn input_channel(channel: engine::ChannelDetail) -> InputChannel {
    InputChannel {
        channel: channel.channel.place(),
        from: channel.peer.to_string(),
        buffers: channel.buffers.into_iter().map(summary).collect(),
        credit: channel.credit,
    }
}

fn output(output: engine::OutputDetail) -> Output {
    let subpartition = |channel: engine::ChannelDetail| Subpartition {
        channel: channel.channel.place(),
        to: channel.peer.to_string(),
        buffers: channel.buffers.into_iter().map(summary).collect(),
    };
    Output {
        name: output.name,
        result: output.result.into(),
        pool_used: output.pool_used,
        pool_size: output.pool_size,
        subpartitions: output.subpartitions.into_iter().map(subpartition).collect(),
    }
}

fn summary(summary: engine::BufferSummary) -> BufferSummary {
    BufferSummary {
        buffer: summary.buffer,
        bytes: summary.bytes,
        records: summary.records,
        open: summary.is_open,
        event: summary.event,
    }
}

/// A byte array, where serde's own form of a vector is a list of numbers.
fn as_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}
