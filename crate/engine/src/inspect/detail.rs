//! One task, or one buffer, under the inspector.

use std::rc::Rc;

use super::back_pressure::{self, BackPressureLevel};
use super::buffers::{self, BufferPart, BufferView, Whereabouts};
use super::channels;
use super::disk::{self, ResultDetail, SortingDetail};
use super::metrics::{self, Metric};
use super::watermarks::{self, TaskWatermarks, TimerEntry};
use crate::base::ids::{ChannelId, OperatorId, TaskId};
use crate::network::event::Event;
use crate::sim::Sim;
use crate::sim::world::World;
use crate::state::key_groups;
use crate::task::chain::ChainedOperator;
use crate::task::message::Mail;
use crate::task::state::ExecutionState;
use crate::task::stream_task::StreamTask;

/// Bytes of a buffer that the inspector shows.
const CONTENT_BYTES_MAX: usize = 2048;
/// Parts of a buffer that the inspector lists.
const PARTS_MAX: usize = 200;
/// Keyed state entries that the inspector lists for an operator.
const STATE_ENTRIES_MAX: usize = 500;
/// Timers that the inspector lists for a task.
const TIMERS_MAX: usize = 300;

/// A task under the inspector.
#[derive(Clone, Debug)]
pub struct TaskDetail {
    pub name: Rc<str>,
    pub state: ExecutionState,
    /// First and last key group, where an operator of the chain is keyed.
    pub key_groups: Option<(u32, u32)>,
    pub operators: Vec<OperatorDetail>,
    pub mailbox: Vec<&'static str>,
    pub keyed_state: Vec<StateEntry>,
    /// Of a task that is deployed.
    pub watermarks: Option<TaskWatermarks>,
    /// Timers that wait, first to come first.
    pub timers: Vec<TimerEntry>,
    /// Gate by gate.
    pub gates: Vec<Vec<ChannelDetail>>,
    pub outputs: Vec<OutputDetail>,
    /// Inputs that are sorted.
    pub sorting: Vec<SortingDetail>,
    /// By Flink's names.
    pub metrics: Vec<Metric>,
    pub back_pressure: BackPressureLevel,
    /// Of the worst of the subtasks.
    pub vertex_back_pressure: BackPressureLevel,
}

/// An operator of the chain, with `numRecordsIn` and `numRecordsOut`.
#[derive(Clone, Debug)]
pub struct OperatorDetail {
    pub id: OperatorId,
    pub name: Rc<str>,
    pub records_in: u64,
    pub records_out: u64,
}

/// One entry of keyed state.
#[derive(Clone, Debug)]
pub struct StateEntry {
    pub operator: Rc<str>,
    pub state: Rc<str>,
    pub key_group: u32,
    pub key: String,
    /// What it is for beside the key: a window, say; nothing for nothing.
    pub namespace: String,
    pub value: String,
    /// Whether it changed in the tick at hand (or, between two ticks, in the last one): the value before,
    /// empty if there was none.
    pub before: Option<String>,
}

/// A channel as one of its ends sees it.
#[derive(Clone, Debug)]
pub struct ChannelDetail {
    pub channel: ChannelId,
    /// The task at the other end.
    pub peer: Rc<str>,
    pub buffers: Vec<BufferSummary>,
    pub credit: u32,
}

/// A result partition of the task, with its buffer pool.
#[derive(Clone, Debug)]
pub struct OutputDetail {
    pub name: String,
    /// Its type, how far it is, and what stands in files.
    pub result: ResultDetail,
    pub pool_used: u32,
    pub pool_size: u32,
    pub subpartitions: Vec<ChannelDetail>,
}

/// A buffer in one line.
#[derive(Clone, Debug)]
pub struct BufferSummary {
    pub buffer: u32,
    pub bytes: u32,
    pub records: u32,
    pub is_open: bool,
    pub event: Option<&'static str>,
}

/// A buffer under the inspector.
#[derive(Clone, Debug)]
pub struct BufferDetail {
    pub summary: BufferSummary,
    pub place: &'static str,
    pub segment_bytes: u32,
    pub content: Vec<u8>,
    pub parts: Vec<BufferPart>,
    /// The buffer that its first record began in, and the one that its last record goes on in, while they are on
    /// the channel.
    pub before: Option<u32>,
    pub after: Option<u32>,
}

/// A task of the plan; before it is deployed there is little to say.
pub fn task(sim: &Sim, id: TaskId) -> Option<TaskDetail> {
    let world = sim.world();
    let execution = world.plan().executions.get(id.index())?;
    let vertex = world.plan().vertex_of(id);
    let deployed = world.task(id);
    let is_keyed = vertex.chain.iter().any(|operator| operator.keys.iter().any(Option::is_some));
    let range =
        key_groups::range_for_operator(vertex.max_parallelism, vertex.parallelism, execution.subtask_idx);
    Some(TaskDetail {
        name: Rc::clone(&execution.name),
        state: deployed.map_or(world.job_master().executions()[id.index()].state, |(task, _)| task.state()),
        key_groups: is_keyed.then_some((range.start, range.end)),
        operators: operators(world, id),
        mailbox: deployed.map_or_else(Vec::new, |(task, _)| task.mailbox().iter().map(Mail::name).collect()),
        keyed_state: deployed.map_or_else(Vec::new, |(task, _)| {
            let before = is_keyed.then(|| sim.world_before_tick());
            keyed_state(task, before.as_ref().and_then(|world| world.task(id)).map(|(task, _)| task))
        }),
        watermarks: watermarks::of_task(world, id),
        timers: deployed.map_or_else(Vec::new, |(task, _)| watermarks::timers(task, TIMERS_MAX)),
        gates: gates(world, id),
        outputs: outputs(world, id),
        sorting: disk::sorting(world, id),
        metrics: metrics::of_task(world, id),
        back_pressure: BackPressureLevel::of_share(back_pressure::shares(world, id).back_pressured),
        vertex_back_pressure: BackPressureLevel::of_share(back_pressure::of_vertex(world, execution.vertex)),
    })
}

/// A buffer of a channel, which is given by its place in the plan.
pub fn buffer(world: &World, place: u32, id: u32) -> Option<BufferDetail> {
    if place as usize >= world.plan().channels.len() {
        return None;
    }
    let channel = world.channel_id(place);
    let views = buffers::of_channel(world, channel);
    let place = views.iter().position(|view| view.id.0 == id)?;
    let view = &views[place];
    let (before, after) = buffers::neighbours(&views, place);
    Some(BufferDetail {
        before: before.map(|id| id.0),
        after: after.map(|id| id.0),
        summary: summary(view),
        place: match view.place {
            Whereabouts::Queued => "queued",
            Whereabouts::InFlight { .. } => "in flight",
            Whereabouts::Received => "received",
        },
        segment_bytes: world.scenario().segment_bytes,
        content: view.bytes[..view.bytes.len().min(CONTENT_BYTES_MAX)].to_vec(),
        parts: view.parts(PARTS_MAX),
    })
}

fn operators(world: &World, id: TaskId) -> Vec<OperatorDetail> {
    let vertex = world.plan().vertex_of(id);
    let chain = world.task(id).and_then(|(task, _)| task.chain());
    vertex
        .chain
        .iter()
        .enumerate()
        .map(|(place, operator)| {
            let (records_in, records_out) = chain
                .and_then(|chain| chain.operators().get(place))
                .map_or((0, 0), ChainedOperator::counters);
            OperatorDetail { id: operator.id, name: Rc::clone(&operator.name), records_in, records_out }
        })
        .collect()
}

fn keyed_state(task: &StreamTask, before: Option<&StreamTask>) -> Vec<StateEntry> {
    let operators =
        |task: &StreamTask| task.chain().map_or_else(Vec::new, |chain| chain.operators().to_vec());
    let older = before.map_or_else(Vec::new, operators);
    let mut entries = Vec::new();
    for (place, operator) in operators(task).iter().enumerate() {
        let changes = older
            .get(place)
            .map_or_else(Vec::new, |older| operator.state().on_heap().diff(&older.state().on_heap()));
        for entry in operator.state().on_heap().entries().take(STATE_ENTRIES_MAX) {
            let change = changes.iter().find(|change| {
                (&change.state, &change.key, change.namespace) == (&entry.state, &entry.key, entry.namespace)
            });
            entries.push(StateEntry {
                operator: Rc::clone(operator.name()),
                before: change.map(|change| change.before.clone().unwrap_or_default()),
                state: entry.state,
                key_group: entry.key_group,
                key: entry.key.to_string(),
                namespace: watermarks::namespace_text(entry.namespace),
                value: entry.value,
            });
        }
    }
    entries
}

fn gates(world: &World, id: TaskId) -> Vec<Vec<ChannelDetail>> {
    let plan = world.plan();
    let channel = |&id: &ChannelId| {
        let from = plan.channels[id.index()].from;
        channel_detail(
            world,
            world.channel_id(id.place()),
            Rc::clone(&plan.executions[from.index()].name),
            |place| place == Whereabouts::Received,
        )
    };
    plan.executions[id.index()].gates.iter().map(|gate| gate.channels.iter().map(channel).collect()).collect()
}

fn outputs(world: &World, id: TaskId) -> Vec<OutputDetail> {
    let plan = world.plan();
    let partitions = &plan.executions[id.index()].partitions;
    (0..)
        .zip(partitions)
        .zip(disk::results(world, id))
        .map(|((output, partition), result)| {
            let usage = world
                .task(id)
                .and_then(|(_, executor)| {
                    let shuffle = executor.shuffle();
                    shuffle
                        .network_pool()
                        .pool(shuffle.partition_by_id(world.partition_id(id, partition.id))?.pool())
                })
                .map_or((0, 0), |pool| (pool.used(), pool.size()));
            let channels =
                world.channels().filter(|(_, channel)| channel.from == id && channel.output == output);
            let subpartitions = channels.map(|(channel, planned)| {
                let to = Rc::clone(&plan.executions[planned.to.index()].name);
                channel_detail(world, channel, to, |place| place == Whereabouts::Queued)
            });
            OutputDetail {
                name: format!("partition {}", partition.id),
                result,
                pool_used: usage.0,
                pool_size: usage.1,
                subpartitions: subpartitions.collect(),
            }
        })
        .collect()
}

fn channel_detail(
    world: &World,
    channel: ChannelId,
    peer: Rc<str>,
    is_shown: impl Fn(Whereabouts) -> bool,
) -> ChannelDetail {
    let views = buffers::of_channel(world, channel);
    let buffers = views.iter().filter(|view| is_shown(view.place)).map(summary).collect();
    ChannelDetail { channel, peer, buffers, credit: channels::credit_of(world, channel) }
}

fn summary(view: &BufferView<'_>) -> BufferSummary {
    BufferSummary {
        buffer: view.id.0,
        bytes: view.bytes.len() as u32,
        records: view.records,
        is_open: view.is_open,
        event: view.event.map(Event::name),
    }
}
