//! The frame: all that changes from tick to tick in the picture, as one vector of words.
//!
//! The layout is the other half of `web/src/engine/frame.ts`: header, task fields, channel fields, buffer
//! fields, dots; each field stands in a row for all tasks, channels or buffers.

use super::buffers::{self, BufferView, Whereabouts};
use crate::base::ids::{ChannelId, TaskId};
use crate::cluster::job_status::JobStatus;
use crate::sim::Sim;
use crate::sim::cursor::Actor;
use crate::sim::world::World;
use crate::task::chain::OperatorChain;
use crate::task::record_writer::RecordWriter;

/// Version of the layout.
pub const LAYOUT_VERSION: u32 = 1;
const HEADER_WORDS: usize = 16;
const TASK_FIELDS: usize = 10;
const CHANNEL_FIELDS: usize = 6;
const BUFFER_FIELDS: usize = 7;

const FLAG_OPEN: u32 = 1;
const FLAG_EVENT: u32 = 2;
const FLAG_STARTS_IN_RECORD: u32 = 4;
const FLAG_ENDS_IN_RECORD: u32 = 8;
const FLAG_BEING_READ: u32 = 16;
const EVENT_SHIFT: u32 = 8;

/// Writes frames; its memory serves from one to the next.
#[derive(Default)]
pub struct FrameWriter {
    words: Vec<u32>,
    rows: Vec<[u32; BUFFER_FIELDS]>,
    dots: Vec<u32>,
}

impl FrameWriter {
    /// The frame of the world as it stands.
    pub fn write(&mut self, sim: &Sim) -> &[u32] {
        write(sim, self);
        &self.words
    }
}

fn write(sim: &Sim, writer: &mut FrameWriter) {
    let FrameWriter { words, rows, dots } = writer;
    let world = sim.world();
    words.clear();
    rows.clear();
    dots.clear();
    let (tasks, channels) = (world.plan().executions.len(), world.plan().channels.len());
    words.resize(HEADER_WORDS + tasks * TASK_FIELDS + channels * CHANNEL_FIELDS, 0);
    for task in 0..tasks {
        let fields = task_fields(world, TaskId(task as u32));
        for (field, value) in fields.into_iter().enumerate() {
            words[HEADER_WORDS + field * tasks + task] = value;
        }
    }
    for channel in 0..channels {
        let fields = channel_fields(world, ChannelId(channel as u32), rows, dots);
        for (field, value) in fields.into_iter().enumerate() {
            words[HEADER_WORDS + tasks * TASK_FIELDS + field * channels + channel] = value;
        }
    }
    for field in 0..BUFFER_FIELDS {
        words.extend(rows.iter().map(|row| row[field]));
    }
    words.extend_from_slice(dots);
    let header = header(sim, rows.len(), dots.len());
    words[..HEADER_WORDS].copy_from_slice(&header);
}

fn header(sim: &Sim, buffers: usize, dots: usize) -> [u32; HEADER_WORDS] {
    let world = sim.world();
    let (actor_kind, actor) = match world.last_actor() {
        None => (0, 0),
        Some(Actor::Task { task, .. }) => (1, task.0),
        Some(Actor::Link { from, .. }) => (2, from.0),
        Some(Actor::Rpc) => (3, 0),
        Some(Actor::Timer { task }) => (4, task.0),
        Some(Actor::Command) => (5, 0),
    };
    [
        LAYOUT_VERSION,
        world.topology_version(),
        world.tick() as u32,
        (world.tick() >> 32) as u32,
        world.turn_number(),
        status_number(world.job_status()),
        world.plan().executions.len() as u32,
        world.plan().channels.len() as u32,
        buffers as u32,
        dots as u32,
        actor_kind,
        actor,
        world.output().len() as u32,
        world.rpc().len() as u32,
        u32::from(sim.is_over()),
        0,
    ]
}

/// Place in the page's list of Flink's job statuses.
const fn status_number(status: JobStatus) -> u32 {
    match status {
        JobStatus::Initializing => 0,
        JobStatus::Created => 1,
        JobStatus::Running => 2,
        JobStatus::Failing => 3,
        JobStatus::Failed => 4,
        JobStatus::Cancelling => 5,
        JobStatus::Canceled => 6,
        JobStatus::Finished => 7,
    }
}

fn task_fields(world: &World, id: TaskId) -> [u32; TASK_FIELDS] {
    let Some((task, executor)) = world.task(id) else {
        let mut fields = [0; TASK_FIELDS];
        fields[0] = world.job_master().executions()[id.index()].state as u32;
        return fields;
    };
    let shares = task.shares();
    let writers = task.chain().map_or(&[][..], OperatorChain::writers);
    let out = writers.iter().map(RecordWriter::records_out).sum::<u64>();
    let operator = match world.last_actor() {
        Some(Actor::Task { task, operator, .. }) if task == id => operator + 1,
        _ => 0,
    };
    let pools = task.partitions().iter().filter_map(|&partition| executor.shuffle().partition(partition));
    let (used, size) = pools.fold((0, 0), |(used, size), partition| {
        let usage = partition.pool().usage();
        (used + usage.0, size + usage.1)
    });
    [
        task.state() as u32,
        shares.busy,
        shares.back_pressured,
        shares.idle,
        task.records_in() as u32,
        out as u32,
        operator,
        task.mailbox().len() as u32,
        used,
        size,
    ]
}

fn channel_fields(
    world: &World,
    channel: ChannelId,
    rows: &mut Vec<[u32; BUFFER_FIELDS]>,
    dots: &mut Vec<u32>,
) -> [u32; CHANNEL_FIELDS] {
    let first = rows.len() as u32;
    let (mut queued, mut in_flight, mut received) = (0, 0, 0);
    buffers::each_of_channel(world, channel, |view| {
        match view.place {
            Whereabouts::Queued => queued += 1,
            Whereabouts::InFlight { .. } => in_flight += 1,
            Whereabouts::Received => received += 1,
        }
        rows.push(buffer_fields(&view, dots));
    });
    let credit = buffers::credit_of(world, channel);
    [first, queued, in_flight, received, credit, u32::from(buffers::is_ended(world, channel))]
}

fn buffer_fields(view: &BufferView<'_>, dots: &mut Vec<u32>) -> [u32; BUFFER_FIELDS] {
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    let event = view.event.map_or(0, |event| FLAG_EVENT | event.wire_id() << EVENT_SHIFT);
    let flags = event
        | flag(view.is_open, FLAG_OPEN)
        | flag(view.partial_record_bytes > 0, FLAG_STARTS_IN_RECORD)
        | flag(view.ends_in_record, FLAG_ENDS_IN_RECORD)
        | flag(view.is_being_read, FLAG_BEING_READ);
    let first_dot = dots.len();
    if view.event.is_none() {
        view.dots(|hash| dots.push(hash));
    }
    let progress = match view.place {
        Whereabouts::InFlight { progress } => progress,
        _ => 0,
    };
    let bytes = (view.bytes.len() - view.read_bytes) as u32;
    let dot_count = (dots.len() - first_dot) as u32;
    [view.id.0, bytes, flags, view.records, first_dot as u32, dot_count, progress]
}
