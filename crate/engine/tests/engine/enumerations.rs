//! Small spaces of the network looked through whole: every order in which a sender, a receiver and the messages
//! between them can move, and every way to use a small pool.

use std::collections::{BTreeSet, VecDeque};

use weir_engine::base::ids::{ChannelId, PartitionId, TaskManagerId};
use weir_engine::network::bounded_blocking::BoundedDataKind;
use weir_engine::network::buffer::Buffer;
use weir_engine::network::channel::{ChannelSource, InputChannel, RemoteChannel};
use weir_engine::network::disk::DiskOptions;
use weir_engine::network::event::Event;
use weir_engine::network::message::NetworkMessage;
use weir_engine::network::partition::{SerializedRecord, Written};
use weir_engine::network::partition_type::ResultPartitionType;
use weir_engine::network::pool::NetworkBufferPool;
use weir_engine::network::pool::local::PoolLimits;
use weir_engine::network::segment::{PoolId, SegmentId};
use weir_engine::network::shuffle::{GateIdx, NetworkConfiguration, PartitionIdx, ShuffleEnvironment};

const SENDER: TaskManagerId = TaskManagerId(0);
const RECEIVER: TaskManagerId = TaskManagerId(1);
const CHANNEL: ChannelId = ChannelId(0);
const SEGMENT_BYTES: u32 = 8;

/// What the writer does, one after the other.
#[derive(Clone, Copy, Debug)]
enum Write {
    /// A record of so many bytes.
    Record(u32),
    Flush,
    End,
}

/// Two TaskManagers with one channel between them, in the middle of some order of steps.
#[derive(Clone, Debug)]
struct Exchange {
    sender: ShuffleEnvironment,
    receiver: ShuffleEnvironment,
    partition: PartitionIdx,
    gate: GateIdx,
    /// Messages on their way to the receiver, and to the sender.
    to_receiver: VecDeque<NetworkMessage>,
    to_sender: VecDeque<NetworkMessage>,
    /// Writes begun, and bytes of the last one that are written.
    writes: usize,
    written: usize,
    bytes_written: u32,
    /// The buffer that the reader holds, and what it has read.
    reading: Option<(u32, Buffer)>,
    bytes_read: Vec<u8>,
    has_ended: bool,
}

/// Who takes the next step.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write,
    SendToReceiver,
    SendToSender,
    ArriveAtReceiver,
    ArriveAtSender,
    Poll,
    Recycle,
}

const STEPS: [Step; 7] = [
    Step::Write,
    Step::SendToReceiver,
    Step::SendToSender,
    Step::ArriveAtReceiver,
    Step::ArriveAtSender,
    Step::Poll,
    Step::Recycle,
];

impl Exchange {
    /// The channel's two ends, its request not sent yet. Each side has so many segments.
    fn new(segments: u32) -> Self {
        let network = NetworkConfiguration {
            segment_bytes: SEGMENT_BYTES,
            segments,
            exclusive_per_channel: 2,
            debloat: None,
            blocking_shuffle: BoundedDataKind::File,
            disk: DiskOptions { latency_ticks: 1, bytes_per_tick: 1 },
        };
        let mut sender = ShuffleEnvironment::new(SENDER, network);
        let partition = sender
            .create_partition(PartitionId(0), ResultPartitionType::PipelinedBounded, 1, 0)
            .expect("there is memory");
        let mut receiver = ShuffleEnvironment::new(RECEIVER, network);
        let source = ChannelSource::Remote(RemoteChannel::from_producer(SENDER));
        let channel = InputChannel::new(CHANNEL, PartitionId(0), 0, source);
        let gate = receiver.create_gate(vec![channel]).expect("there is memory");
        receiver.request_partitions(gate, 0);
        Self {
            sender,
            receiver,
            partition,
            gate,
            to_receiver: VecDeque::new(),
            to_sender: VecDeque::new(),
            writes: 0,
            written: 0,
            bytes_written: 0,
            reading: None,
            bytes_read: Vec::new(),
            has_ended: false,
        }
    }

    /// Takes a step, if it can be taken.
    fn after(&self, step: Step, script: &[Write]) -> Option<Self> {
        let mut next = self.clone();
        let is_done = match step {
            Step::Write => next.write(script),
            Step::SendToReceiver => send(&mut next.sender, RECEIVER, &mut next.to_receiver),
            Step::SendToSender => send(&mut next.receiver, SENDER, &mut next.to_sender),
            Step::ArriveAtReceiver => arrive(&mut next.receiver, SENDER, &mut next.to_receiver),
            Step::ArriveAtSender => arrive(&mut next.sender, RECEIVER, &mut next.to_sender),
            Step::Poll => next.poll(),
            Step::Recycle => next.recycle(),
        };
        is_done.then_some(next)
    }

    /// Writes as a task does: it begins a record, or goes on with it, where the pool has a buffer.
    fn write(&mut self, script: &[Write]) -> bool {
        match script.get(self.writes) {
            Some(Write::Record(length)) if self.sender.is_available(self.partition) => {
                let bytes: Vec<u8> = (0..*length).map(|n| (self.bytes_written + n) as u8).collect();
                let record = SerializedRecord { bytes: &bytes, dot: None, written: self.written };
                match self.sender.emit(self.partition, 0, record) {
                    Written::UpTo(written) => self.written = written,
                    Written::Whole => {
                        self.written = 0;
                        self.writes += 1;
                        self.bytes_written += length;
                    }
                }
            }
            Some(Write::Flush) => {
                self.sender.flush_all(self.partition);
                self.writes += 1;
            }
            Some(Write::End) => {
                self.sender.broadcast_event(self.partition, Event::EndOfPartition);
                self.sender.flush_all(self.partition);
                self.sender.close_partition(self.partition);
                self.writes += 1;
            }
            _ => return false,
        }
        true
    }

    fn poll(&mut self) -> bool {
        if self.reading.is_some() || self.has_ended {
            return false;
        }
        let Some((place, buffer)) = self.receiver.poll_gate(self.gate).expect("nothing goes wrong") else {
            return false;
        };
        if buffer.data_type.is_data() {
            self.bytes_read.extend_from_slice(&buffer.bytes);
        } else {
            self.has_ended = true;
            self.receiver.close_gate(self.gate);
        }
        self.reading = Some((place, buffer));
        true
    }

    fn recycle(&mut self) -> bool {
        let Some((place, buffer)) = self.reading.take() else { return false };
        self.receiver.recycle(self.gate, place, &buffer);
        true
    }

    /// What must hold in between.
    fn check(&self) {
        let expected: Vec<u8> = (0..self.bytes_read.len()).map(|n| n as u8).collect();
        assert_eq!(self.bytes_read, expected, "bytes are lost, doubled or overtaken: {self:#?}");
        for side in [&self.sender, &self.receiver] {
            let pools = side.network_pool();
            let requested: u32 = pools.pools().map(|(_, pool)| pool.requested()).sum();
            assert_eq!(pools.free() + requested + pools.exclusive(), pools.total(), "{self:#?}");
        }
        let remote = self.receiver.channel(CHANNEL).and_then(InputChannel::remote).expect("it is remote");
        let Some((_, reader)) = self.sender.server().reader_for(CHANNEL) else { return };
        if remote.is_released() {
            return;
        }
        let data = self.to_receiver.iter().filter(|message| {
            matches!(message, NetworkMessage::BufferResponse { buffer, .. } if buffer.data_type.is_data())
        });
        let credits = self.to_sender.iter().map(|message| match message {
            NetworkMessage::AddCredit { credit, .. } => *credit,
            _ => 0,
        });
        let announced = reader.credit + credits.sum::<u32>() + remote.unannounced_credit;
        let (exclusive, floating) = remote.free();
        assert_eq!(announced + data.count() as u32, exclusive + floating, "credit and buffers: {self:#?}");
    }

    /// Nobody can do anything any more: everything must be through.
    fn check_end(&self, script: &[Write]) {
        assert_eq!(self.writes, script.len(), "the writer is stuck: {self:#?}");
        assert_eq!(self.bytes_read.len() as u32, self.bytes_written, "the reader is stuck: {self:#?}");
        assert!(self.has_ended, "the end is not through: {self:#?}");
        for side in [&self.sender, &self.receiver] {
            let pools = side.network_pool();
            assert_eq!(
                (pools.free(), pools.required()),
                (pools.total(), 0),
                "segments are missing: {self:#?}"
            );
        }
    }
}

fn send(from: &mut ShuffleEnvironment, to: TaskManagerId, link: &mut VecDeque<NetworkMessage>) -> bool {
    let message = from.send_next(to);
    let is_there = message.is_some();
    link.extend(message);
    is_there
}

fn arrive(at: &mut ShuffleEnvironment, from: TaskManagerId, link: &mut VecDeque<NetworkMessage>) -> bool {
    let Some(message) = link.pop_front() else { return false };
    at.receive(from, message, 0);
    true
}

/// Visits every state that some order of steps leads to. Answers how many there are, and how many are ends.
fn look_through(start: Exchange, script: &[Write]) -> (usize, usize) {
    let mut seen = BTreeSet::from([format!("{start:?}")]);
    let (mut todo, mut ends) = (vec![start], 0);
    while let Some(state) = todo.pop() {
        state.check();
        let mut is_end = true;
        for next in STEPS.iter().filter_map(|&step| state.after(step, script)) {
            is_end = false;
            if seen.insert(format!("{next:?}")) {
                todo.push(next);
            }
        }
        if is_end {
            state.check_end(script);
            ends += 1;
        }
    }
    (seen.len(), ends)
}

/// Three buffers, two credits, a flush in the middle: with room to spare, and with the least that there can be.
#[test]
fn every_order_of_an_exchange_delivers_everything_in_order() {
    use Write::{End, Flush, Record};
    for segments in [3, 4, 12] {
        let script = [Record(SEGMENT_BYTES), Record(4), Flush, Record(SEGMENT_BYTES), End];
        let (states, ends) = look_through(Exchange::new(segments), &script);
        println!("three buffers, {segments} segments a side: {states} states, {ends} ends");
        assert!(states > 500 && ends > 0, "{states} states, {ends} ends");
    }
    // A record over more buffers than the pool has: it waits with the record in hand.
    let (states, ends) = look_through(Exchange::new(3), &[Record(4 * SEGMENT_BYTES + 1), End]);
    println!("a record over five buffers: {states} states, {ends} ends");
    assert!(states > 500 && ends > 0, "{states} states, {ends} ends");
}

/// A pool of up to four segments for two subpartitions beside what others have taken.
#[derive(Clone)]
struct Pool {
    pools: NetworkBufferPool,
    id: PoolId,
    /// Segments that each subpartition holds.
    out: [Vec<SegmentId>; 2],
}

/// A use of the pool.
#[derive(Clone, Copy, Debug)]
enum Use {
    Request(u32),
    Recycle(u32),
    SetSize(u32),
}

const LIMITS: PoolLimits =
    PoolLimits { min: 2, max: Some(4), subpartitions: 2, per_subpartition_max: 2, overdraft_max: 1 };

impl Pool {
    fn new(segments: u32) -> Self {
        let mut pools = NetworkBufferPool::new(segments, SEGMENT_BYTES);
        let id = pools.create_pool(LIMITS).expect("there is memory");
        Self { pools, id, out: [Vec::new(), Vec::new()] }
    }

    fn after(&self, usage: Use) -> Option<Self> {
        let mut next = self.clone();
        match usage {
            Use::Request(subpartition) => {
                let segment = next.pools.request(next.id, Some(subpartition))?;
                next.out[subpartition as usize].push(segment);
            }
            Use::Recycle(subpartition) => {
                let segment = next.out[subpartition as usize].pop()?;
                next.pools.recycle(next.id, segment, Some(subpartition));
            }
            Use::SetSize(size) => next.pools.set_pool_size(next.id, size),
        }
        Some(next)
    }

    /// All that matters of it: segments are as good as each other.
    fn key(&self) -> (u32, u32, u32, u32, [usize; 2], bool) {
        let pool = self.pools.pool(self.id).expect("it is there");
        let out = [self.out[0].len(), self.out[1].len()];
        (self.pools.free(), pool.size(), pool.requested(), pool.at_hand(), out, pool.is_available())
    }

    fn check(&self, way: &[Use]) {
        let pool = self.pools.pool(self.id).expect("it is there");
        let out = [self.out[0].len() as u32, self.out[1].len() as u32];
        let what = || format!("after {way:?}: {pool:?}, {out:?} out, {} free", self.pools.free());
        assert_eq!(self.pools.free() + pool.requested(), self.pools.total(), "{}", what());
        assert_eq!(pool.requested(), pool.at_hand() + out[0] + out[1], "{}", what());
        assert_eq!(pool.used_by_subpartition(), out, "{}", what());
        assert!((LIMITS.min..=4).contains(&pool.size()), "{}", what());
        // Beyond the size there is overdraft, or what is still out after the pool became smaller; nothing waits.
        assert!(pool.overdraft() == 0 || pool.at_hand() == 0, "{}", what());
        assert!(pool.requested() <= 4 + LIMITS.overdraft_max, "{}", what());
        let has_room = out.iter().all(|&out| out < LIMITS.per_subpartition_max);
        assert_eq!(pool.is_available(), pool.at_hand() > 0 && has_room, "{}", what());
        // It holds a segment in advance wherever it may and there is one.
        let could_take = pool.requested() < pool.size() && self.pools.free() > 0;
        assert!(pool.at_hand() > 0 || !could_take, "{}", what());
    }
}

#[test]
fn every_use_of_a_small_pool_keeps_its_promises() {
    let uses = [0, 1].map(Use::Request).into_iter().chain([0, 1].map(Use::Recycle));
    let uses: Vec<Use> = uses.chain((2..=4).map(Use::SetSize)).collect();
    for segments in 2..=7 {
        let start = Pool::new(segments);
        let mut seen = BTreeSet::from([start.key()]);
        let mut todo = VecDeque::from([(start, Vec::new())]);
        let mut steps = 0;
        while let Some((pool, way)) = todo.pop_front() {
            pool.check(&way);
            for &usage in &uses {
                let Some(next) = pool.after(usage) else { continue };
                steps += 1;
                if seen.insert(next.key()) {
                    todo.push_back((next, [way.as_slice(), &[usage]].concat()));
                }
            }
        }
        println!("{segments} segments: {} states, {steps} steps between them", seen.len());
        assert!(seen.len() > 5 && steps > seen.len(), "{segments} segments: {} states", seen.len());
    }
}
