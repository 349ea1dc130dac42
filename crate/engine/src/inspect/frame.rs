//! The frame: all that changes from tick to tick in the picture, as one vector of words.
//!
//! The layout is the other half of `web/src/engine/frame.ts`: the header, then blocks of rows (tasks, channels,
//! outputs, gates, TaskManagers, links, buffers, messages, dots). A block stands field by field: each
//! field for all its rows.

use super::buffers::{self, BufferView, Dot, Whereabouts};
use super::channels::{self, ChannelEnds};
use super::checkpoints;
use super::flights::Flights;
use super::recovery::restarts_in;
use super::watermarks;
use crate::base::ids::{ChannelId, TaskId};
use crate::cluster::job_status::JobStatus;
use crate::cluster::link::{InFlight, Link, LinkState};
use crate::cluster::task_executor::TaskExecutor;
use crate::network::event::Event;
use crate::network::message::NetworkMessage;
use crate::network::pool::LocalBufferPool;
use crate::record::ElementKind;
use crate::sim::Sim;
use crate::sim::cursor::Actor;
use crate::sim::world::World;
use crate::task::chain::OperatorChain;
use crate::task::record_writer::RecordWriter;

/// Version of the layout.
pub const LAYOUT_VERSION: u32 = 6;
/// Words of the header.
pub const HEADER_WORDS: usize = 21;
const TASK_FIELDS: usize = 16;
const CHANNEL_FIELDS: usize = 15;
const OUTPUT_FIELDS: usize = 4;
const GATE_FIELDS: usize = 3;
const MANAGER_FIELDS: usize = 2;
const LINK_FIELDS: usize = 5;
/// Fields of a buffer's row.
pub const BUFFER_FIELDS: usize = 8;
const MESSAGE_FIELDS: usize = 5;
/// Fields of a dot's row.
pub const DOT_FIELDS: usize = 4;

const BUFFER_OPEN: u32 = 1;
const BUFFER_EVENT: u32 = 2;
const BUFFER_STARTS_IN_RECORD: u32 = 4;
const BUFFER_ENDS_IN_RECORD: u32 = 8;
const BUFFER_BEING_READ: u32 = 16;
const BUFFER_WATERMARK: u32 = 32;
const BUFFER_STATUS: u32 = 64;
const BUFFER_LATENCY_MARKER: u32 = 128;
const EVENT_SHIFT: u32 = 8;

const CHANNEL_ENDED: u32 = 1;
const CHANNEL_BLOCKED: u32 = 2;
const CHANNEL_CUT: u32 = 4;
const CHANNEL_CUT_BACK: u32 = 8;
const CHANNEL_FAILED: u32 = 16;
const CHANNEL_SLOW: u32 = 32;

/// Writes frames; its memory serves from one to the next.
#[derive(Default)]
pub struct FrameWriter {
    words: Vec<u32>,
    flights: Flights,
    tasks: Vec<[u32; TASK_FIELDS]>,
    channels: Vec<[u32; CHANNEL_FIELDS]>,
    outputs: Vec<[u32; OUTPUT_FIELDS]>,
    gates: Vec<[u32; GATE_FIELDS]>,
    managers: Vec<[u32; MANAGER_FIELDS]>,
    links: Vec<[u32; LINK_FIELDS]>,
    buffers: Vec<[u32; BUFFER_FIELDS]>,
    messages: Vec<[u32; MESSAGE_FIELDS]>,
    dots: Vec<[u32; DOT_FIELDS]>,
}

impl FrameWriter {
    /// The frame of the world as it stands.
    pub fn write(&mut self, sim: &Sim) -> &[u32] {
        self.clear();
        self.read(sim.world());
        self.words.extend(self.header(sim));
        append_block(&mut self.words, &self.tasks);
        append_block(&mut self.words, &self.channels);
        append_block(&mut self.words, &self.outputs);
        append_block(&mut self.words, &self.gates);
        append_block(&mut self.words, &self.managers);
        append_block(&mut self.words, &self.links);
        append_block(&mut self.words, &self.buffers);
        append_block(&mut self.words, &self.messages);
        append_block(&mut self.words, &self.dots);
        &self.words
    }

    fn clear(&mut self) {
        self.words.clear();
        self.tasks.clear();
        self.channels.clear();
        self.outputs.clear();
        self.gates.clear();
        self.managers.clear();
        self.links.clear();
        self.buffers.clear();
        self.messages.clear();
        self.dots.clear();
    }

    /// Fills the rows of all blocks.
    fn read(&mut self, world: &World) {
        self.flights.read(world);
        for task in 0..world.plan().executions.len() as u32 {
            self.read_task(world, TaskId(task));
        }
        for channel in 0..world.plan().channels.len() as u32 {
            self.read_channel(world, world.channel_id(channel));
        }
        self.managers.extend(world.executors().iter().map(|executor| manager_fields(executor)));
        // A link that is idle and well is not worth a row.
        self.links.extend(world.links().iter().filter_map(|link| link_fields(link)));
    }

    fn read_task(&mut self, world: &World, id: TaskId) {
        let execution = &world.plan().executions[id.index()];
        let (first_output, first_gate) = (self.outputs.len() as u32, self.gates.len() as u32);
        let executor = world.task(id).map(|(_, executor)| executor);
        for partition in &execution.partitions {
            let pool = executor.and_then(|executor| {
                let shuffle = executor.shuffle();
                shuffle
                    .network_pool()
                    .pool(shuffle.partition_by_id(world.partition_id(id, partition.id))?.pool())
            });
            let [size, requested, at_hand] = pool.map_or([0; 3], pool_fields);
            let is_unavailable = pool.is_some_and(|pool| !pool.is_available());
            self.outputs.push([size, requested, at_hand, u32::from(is_unavailable)]);
        }
        for gate in 0..execution.gates.len() as u32 {
            self.gates.push(gate_pool(world, id, gate).map_or([0; GATE_FIELDS], pool_fields));
        }
        self.tasks.push(task_fields(world, id, first_output, first_gate));
    }

    fn read_channel(&mut self, world: &World, channel: ChannelId) {
        let Self { flights, buffers, messages, dots, .. } = self;
        let (first_buffer, first_message) = (buffers.len() as u32, messages.len() as u32);
        let (mut queued, mut in_flight, mut received) = (0, 0, 0);
        buffers::each_of_channel(world, channel, flights.of_channel(world, channel), |view| {
            match view.place {
                Whereabouts::Queued => queued += 1,
                Whereabouts::InFlight { .. } => in_flight += 1,
                Whereabouts::Received => received += 1,
            }
            buffers.push(buffer_fields(&view, dots));
        });
        let now = world.tick();
        messages.extend(flights.of_channel(world, channel).filter_map(|flight| message_fields(flight, now)));
        let ends = channels::ends_of(world, channel);
        self.channels.push([
            first_buffer,
            queued,
            in_flight,
            received,
            ends.credit,
            link_flags(world, channel) | channel_flags(&ends),
            first_message,
            messages.len() as u32 - first_message,
            ends.used,
            ends.backlog,
            ends.exclusive,
            ends.exclusive_free,
            ends.floating,
            ends.floating_free,
            ends.unannounced,
        ]);
    }

    fn header(&self, sim: &Sim) -> [u32; HEADER_WORDS] {
        let world = sim.world();
        let (actor_kind, actor) = match world.last_actor() {
            None => (0, 0),
            Some(Actor::Task { task, .. }) => (1, task.0),
            Some(Actor::Link { from, .. }) => (2, from.0),
            Some(Actor::Network { task_manager }) => (2, task_manager.0),
            Some(Actor::Rpc) => (3, 0),
            Some(Actor::Timer { task }) => (4, task.0),
            Some(Actor::Command) => (5, 0),
            Some(Actor::Storage { task_manager }) => (6, task_manager.0),
            Some(Actor::FileSystem) => (7, 0),
        };
        [
            LAYOUT_VERSION,
            world.topology_version(),
            world.tick() as u32,
            (world.tick() >> 32) as u32,
            world.turn_number(),
            if world.job_is_lost() { LOST } else { status_number(world.job_status()) },
            self.tasks.len() as u32,
            self.channels.len() as u32,
            self.buffers.len() as u32,
            self.dots.len() as u32,
            actor_kind,
            actor,
            world.output().len() as u32,
            world.rpc().len() as u32,
            u32::from(sim.is_over()),
            self.outputs.len() as u32,
            self.gates.len() as u32,
            self.managers.len() as u32,
            self.links.len() as u32,
            self.messages.len() as u32,
            restarts_in(world),
        ]
    }
}

/// Rows become columns.
fn append_block<const FIELDS: usize>(words: &mut Vec<u32>, rows: &[[u32; FIELDS]]) {
    for field in 0..FIELDS {
        words.extend(rows.iter().map(|row| row[field]));
    }
}

/// Place in the page's list of job statuses of a job that nobody knows any more, which is no status of Flink's.
const LOST: u32 = 11;

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
        JobStatus::Restarting => 8,
        JobStatus::Suspended => 9,
    }
}

fn task_fields(world: &World, id: TaskId, first_output: u32, first_gate: u32) -> [u32; TASK_FIELDS] {
    let execution = &world.plan().executions[id.index()];
    let (outputs, gates) = (execution.partitions.len() as u32, execution.gates.len() as u32);
    let Some((task, _)) = world.task(id) else {
        let state = world.job_master().executions()[id.index()].state as u32;
        return [state, 0, 0, 0, 0, 0, 0, 0, 0, first_output, outputs, first_gate, gates, 0, 0, 0];
    };
    let shares = task.time().shares();
    let writers = task.chain().map_or(&[][..], OperatorChain::writers);
    let out = writers.iter().map(RecordWriter::records_out).sum::<u64>();
    let operator = match world.last_actor() {
        Some(Actor::Task { task, operator, .. }) if task == id => operator + 1,
        _ => 0,
    };
    let watermark = watermarks::current(task).map_or(i64::MIN, |(current, _)| current);
    let [watermark_low, watermark_high] = time_words(watermark);
    [
        task.state() as u32,
        shares.busy,
        shares.back_pressured,
        shares.hard_back_pressured,
        shares.idle,
        task.records_in() as u32,
        out as u32,
        operator,
        task.mailbox().len() as u32,
        first_output,
        outputs,
        first_gate,
        gates,
        watermark_low,
        watermark_high,
        checkpoint_word(world, id),
    ]
}

/// The checkpoint under way that waits for a task, and in the lowest three bits how far the task is with it.
fn checkpoint_word(world: &World, task: TaskId) -> u32 {
    let progress = |pending| Some((pending, checkpoints::of_task(world, pending, task)?));
    let found = checkpoints::under_way(world).and_then(progress);
    found.map_or(0, |(pending, progress)| (pending.id as u32) << 3 | progress.phase as u32)
}

fn manager_fields(executor: &TaskExecutor) -> [u32; MANAGER_FIELDS] {
    let pool = executor.shuffle().network_pool();
    [pool.total(), pool.total() - pool.free()]
}

/// The pool of a task's gate, while it is open.
fn gate_pool(world: &World, task: TaskId, gate: u32) -> Option<&LocalBufferPool> {
    let (_, executor) = world.task(task)?;
    let shuffle = executor.shuffle();
    let first = *world.plan().executions[task.index()].gates[gate as usize].channels.first()?;
    let (gate, _) = shuffle.channel_place(world.channel_id(first.place()))?;
    shuffle.network_pool().pool(shuffle.gate(gate).pool()?)
}

fn pool_fields(pool: &LocalBufferPool) -> [u32; 3] {
    [pool.size(), pool.requested(), pool.at_hand()]
}

const fn channel_flags(ends: &ChannelEnds) -> u32 {
    (if ends.is_ended { CHANNEL_ENDED } else { 0 })
        | (if ends.is_blocked { CHANNEL_BLOCKED } else { 0 })
        | (if ends.is_failed { CHANNEL_FAILED } else { 0 })
}

/// How the link to the receiver of a channel is, and the one back.
fn link_flags(world: &World, channel: ChannelId) -> u32 {
    let planned = &world.plan().channels[channel.index()];
    let executor = |task: TaskId| world.task(task).map(|(_, executor)| executor.id());
    let (Some(from), Some(to)) = (executor(planned.from), executor(planned.to)) else { return 0 };
    let flag = |from, to, cut: u32| match world.link(from, to).map(Link::state) {
        None | Some(LinkState::Up) => 0,
        Some(LinkState::Cut) => cut,
        Some(LinkState::Slow) => CHANNEL_SLOW,
    };
    flag(from, to, CHANNEL_CUT) | flag(to, from, CHANNEL_CUT_BACK)
}

/// `None` for a link that is idle and well.
fn link_fields(link: &Link) -> Option<[u32; LINK_FIELDS]> {
    let (messages, bytes) = link
        .in_flight()
        .fold((0, 0), |(messages, bytes), in_flight| (messages + 1, bytes + in_flight.message.wire_bytes()));
    let state = link.state();
    (messages > 0 || state != LinkState::Up).then_some([
        link.from.0,
        link.to.0,
        state as u32,
        messages,
        bytes,
    ])
}

fn buffer_fields(view: &BufferView<'_>, dots: &mut Vec<[u32; DOT_FIELDS]>) -> [u32; BUFFER_FIELDS] {
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    let has = |kind| view.marks.has(kind);
    let event = view.event.map_or(0, |event| BUFFER_EVENT | event.wire_id() << EVENT_SHIFT);
    let flags = event
        | flag(view.is_open, BUFFER_OPEN)
        | flag(view.partial_record_bytes > 0, BUFFER_STARTS_IN_RECORD)
        | flag(view.ends_in_record, BUFFER_ENDS_IN_RECORD)
        | flag(view.is_being_read, BUFFER_BEING_READ)
        | flag(has(ElementKind::Watermark), BUFFER_WATERMARK)
        | flag(has(ElementKind::Idle) || has(ElementKind::Active), BUFFER_STATUS)
        | flag(has(ElementKind::LatencyMarker), BUFFER_LATENCY_MARKER);
    let first_dot = dots.len();
    if view.event.is_none() {
        view.dots(|dot| dots.push(dot_fields(dot)));
    }
    let progress = match view.place {
        Whereabouts::InFlight { progress } => progress,
        _ => 0,
    };
    let bytes = (view.bytes.len() - view.read_bytes) as u32;
    let dot_count = (dots.len() - first_dot) as u32;
    let records = match view.event {
        Some(Event::CheckpointBarrier(barrier)) => barrier.id as u32,
        _ => view.records,
    };
    [view.id.0, bytes, flags, records, first_dot as u32, dot_count, progress, view.rest_bytes()]
}

/// An element of a buffer: of a record the hash of its key and its kind; a watermark bears its time.
const fn dot_fields(dot: Dot) -> [u32; DOT_FIELDS] {
    let [low, high] = match dot.kind {
        ElementKind::Watermark => time_words(dot.time),
        _ => [dot.hash, 0],
    };
    [low, dot.bytes, dot.kind as u32, high]
}

/// A time, counted from the least Long, so that none is 0: low half, high half.
const fn time_words(time: i64) -> [u32; 2] {
    let time = time.wrapping_sub(i64::MIN) as u64;
    [time as u32, (time >> 32) as u32]
}

/// What is in flight beside the buffers: the id of Flink's `NettyMessage`, the number that it carries, whether it
/// goes with the buffers, how far it is, and when it was sent.
fn message_fields(in_flight: &InFlight, now: u64) -> Option<[u32; MESSAGE_FIELDS]> {
    let message = in_flight.message.as_ref();
    let (number, is_forward) = match message {
        NetworkMessage::PartitionRequest { credit, .. } | NetworkMessage::AddCredit { credit, .. } => {
            (*credit, false)
        }
        NetworkMessage::BacklogAnnouncement { backlog, .. } => (*backlog, true),
        NetworkMessage::NewBufferSize { bytes, .. } => (*bytes, false),
        NetworkMessage::CancelPartitionRequest { .. }
        | NetworkMessage::ResumeConsumption { .. }
        | NetworkMessage::AckAllUserRecordsProcessed { .. } => (0, false),
        NetworkMessage::ErrorResponse { .. } => (0, true),
        NetworkMessage::BufferResponse { .. } => return None,
    };
    let id = message.wire_id();
    let progress = in_flight.progress(now);
    Some([id, number, u32::from(is_forward), progress, in_flight.sent_at as u32])
}
