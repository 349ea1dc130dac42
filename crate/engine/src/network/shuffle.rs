//! The network side of one TaskManager: its partitions, its gates, its connections' ends.
//!
//! Contract: everything that a task writes or reads goes through here, so that a reader is told in the same
//! step in which a writer makes something visible. What must go to another TaskManager is left in the
//! outbox; the simulated links take it from there.
//! Flink: `NettyShuffleEnvironment`, `ResultPartitionManager`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::buffer::{Buffer, DataType};
use super::event::Event;
use super::gate::{ChannelSource, InputChannel, InputGate};
use super::message::NetworkMessage;
use super::partition::{Reader, ResultPartition, SerializedRecord};
use super::server::PartitionServer;
use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};
use crate::base::limits::EXCLUSIVE_BUFFERS_PER_CHANNEL;

/// A gate's number in its TaskManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateIdx(pub u32);

/// A partition's place in its TaskManager: what writers hold, so that no look-up stands on their path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionIdx(pub u32);

/// See the module.
#[derive(Clone, Debug)]
pub struct ShuffleEnvironment {
    here: TaskManagerId,
    segment_bytes: u32,
    partitions: Vec<Option<Rc<ResultPartition>>>,
    by_id: BTreeMap<PartitionId, PartitionIdx>,
    gates: Vec<Rc<InputGate>>,
    /// Gate and place of each input channel of this TaskManager.
    channels: BTreeMap<ChannelId, (GateIdx, u32)>,
    server: PartitionServer,
    outbox: Vec<(TaskManagerId, NetworkMessage)>,
    /// Requests for partitions that are not there yet. Flink: `PartitionRequestListener`.
    waiting_requests: Vec<(TaskManagerId, NetworkMessage)>,
    next_buffer_id: u32,
}

impl ShuffleEnvironment {
    /// An empty one for TaskManager `here`. Buffer numbers are unique in the run: each TaskManager counts
    /// from its own beginning.
    pub fn new(here: TaskManagerId, segment_bytes: u32) -> Self {
        Self {
            here,
            segment_bytes,
            partitions: Vec::new(),
            by_id: BTreeMap::new(),
            gates: Vec::new(),
            channels: BTreeMap::new(),
            server: PartitionServer::default(),
            outbox: Vec::new(),
            waiting_requests: Vec::new(),
            next_buffer_id: here.0 << 26,
        }
    }

    /// Creates a result partition.
    pub fn create_partition(&mut self, id: PartitionId, subpartitions: u32) -> PartitionIdx {
        let idx = PartitionIdx(self.partitions.len() as u32);
        self.partitions.push(Some(Rc::new(ResultPartition::new(id, subpartitions, self.segment_bytes))));
        let before = self.by_id.insert(id, idx);
        assert!(before.is_none(), "partition {id} is created twice");
        let (ready, rest) = std::mem::take(&mut self.waiting_requests)
            .into_iter()
            .partition(|(_, message)| matches!(message, NetworkMessage::PartitionRequest { partition, .. } if *partition == id));
        self.waiting_requests = rest;
        let ready: Vec<_> = ready;
        for (from, message) in ready {
            self.receive(from, message);
        }
        idx
    }

    /// Creates an input gate.
    pub fn create_gate(&mut self, channels: Vec<InputChannel>) -> GateIdx {
        let idx = GateIdx(self.gates.len() as u32);
        for (place, channel) in (0..).zip(&channels) {
            let before = self.channels.insert(channel.id, (idx, place));
            assert!(before.is_none(), "channel {} is created twice", channel.id);
        }
        self.gates.push(Rc::new(InputGate::new(channels)));
        idx
    }

    /// Connects every channel of a gate to its producer. Flink: `SingleInputGate#requestPartitions`.
    pub fn request_partitions(&mut self, gate: GateIdx) {
        for place in 0..self.gate(gate).channels().len() as u32 {
            let channel = &self.gate(gate).channels()[place as usize];
            let (id, partition, subpartition) = (channel.id, channel.partition, channel.subpartition);
            match &channel.source {
                ChannelSource::Local => {
                    if self.connect(partition, subpartition, Reader::Local(id)) {
                        self.gate_mut(gate).queue(place);
                    }
                }
                ChannelSource::Remote(remote) => {
                    let message = NetworkMessage::PartitionRequest {
                        partition,
                        subpartition,
                        receiver: id,
                        credit: EXCLUSIVE_BUFFERS_PER_CHANNEL,
                    };
                    self.outbox.push((remote.producer, message));
                }
            }
        }
    }

    /// A gate.
    pub fn gate(&self, gate: GateIdx) -> &InputGate {
        &self.gates[gate.0 as usize]
    }

    /// A partition that is not released.
    pub fn partition(&self, partition: PartitionIdx) -> Option<&ResultPartition> {
        self.partitions[partition.0 as usize].as_deref()
    }

    /// A partition by its id, if it is here and not released.
    pub fn partition_by_id(&self, id: PartitionId) -> Option<&ResultPartition> {
        self.by_id.get(&id).and_then(|&idx| self.partition(idx))
    }

    /// The gate and place of a channel of this TaskManager.
    pub fn channel_place(&self, id: ChannelId) -> Option<(GateIdx, u32)> {
        self.channels.get(&id).copied()
    }

    /// The sending side.
    pub const fn server(&self) -> &PartitionServer {
        &self.server
    }

    /// Writes a record to one subpartition.
    #[inline]
    pub fn emit(&mut self, partition: PartitionIdx, subpartition: u32, record: SerializedRecord<'_>) {
        let mut next_buffer_id = self.next_buffer_id;
        let notify = self.partition_mut(partition).emit(subpartition, record, &mut next_buffer_id);
        self.next_buffer_id = next_buffer_id;
        if notify {
            self.tell_reader(partition, subpartition);
        }
    }

    /// Writes a record to all subpartitions, into shared segments.
    pub fn broadcast(&mut self, partition: PartitionIdx, record: SerializedRecord<'_>) {
        self.on_partition(partition, |queue, ids, tell| queue.broadcast(record, ids, tell));
    }

    /// Adds an event to all subpartitions.
    pub fn broadcast_event(&mut self, partition: PartitionIdx, event: Event) {
        self.on_partition(partition, |queue, ids, tell| queue.broadcast_event(event, ids, tell));
    }

    /// Makes all that was written visible.
    pub fn flush_all(&mut self, partition: PartitionIdx) {
        let count = self.partition(partition).map_or(0, |queue| queue.subpartitions().len() as u32);
        for subpartition in 0..count {
            self.flush(partition, subpartition);
        }
    }

    /// Makes what was written to one subpartition visible.
    pub fn flush(&mut self, partition: PartitionIdx, subpartition: u32) {
        if self.partition_mut(partition).flush(subpartition) {
            self.tell_reader(partition, subpartition);
        }
    }

    /// Takes the next buffer of a gate: channel and buffer.
    pub fn poll_gate(&mut self, gate: GateIdx) -> Option<(u32, Buffer)> {
        loop {
            let place = self.gate_mut(gate).take_next()?;
            let channel = &self.gate(gate).channels()[place as usize];
            let (buffer, has_more) = match &channel.source {
                ChannelSource::Local => {
                    let (partition, subpartition) = (channel.partition, channel.subpartition);
                    let Some(polled) = self.poll_partition(partition, subpartition) else { continue };
                    (polled.buffer, polled.next.is_some())
                }
                ChannelSource::Remote(_) => {
                    let ChannelSource::Remote(remote) = &mut self.gate_mut(gate).channel_mut(place).source
                    else {
                        unreachable!("the channel was remote a line above");
                    };
                    let buffer = remote.received.pop_front().expect("a queued channel has a buffer");
                    (buffer, !remote.received.is_empty())
                }
            };
            let channel = self.gate_mut(gate).channel_mut(place);
            channel.is_ended |= buffer.data_type == DataType::Event(Event::EndOfPartition);
            if has_more {
                self.gate_mut(gate).queue(place);
            }
            return Some((place, buffer));
        }
    }

    /// A buffer of a channel is read: its segment goes back, or the sender gets a credit.
    pub fn recycle(&mut self, gate: GateIdx, place: u32, buffer: &Buffer) {
        let channel = &self.gate(gate).channels()[place as usize];
        match &channel.source {
            ChannelSource::Local => {
                if let (Some(segment), Some(&idx)) = (buffer.segment, self.by_id.get(&channel.partition))
                    && self.partitions[idx.0 as usize].is_some()
                {
                    self.partition_mut(idx).recycle(segment);
                }
            }
            ChannelSource::Remote(remote) => {
                if buffer.data_type.is_data() && !channel.is_ended {
                    let message = NetworkMessage::AddCredit { receiver: channel.id, credit: 1 };
                    let producer = remote.producer;
                    self.outbox.push((producer, message));
                }
            }
        }
    }

    /// Takes what is to be sent to other TaskManagers, but for buffers, which `send_next` takes one by one.
    pub fn take_outbox(&mut self) -> Vec<(TaskManagerId, NetworkMessage)> {
        std::mem::take(&mut self.outbox)
    }

    /// Whether there is something in the outbox.
    pub fn has_outgoing(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// The next buffer for another TaskManager, if one can be sent. Flink: `PartitionRequestQueue`.
    pub fn send_next(&mut self, to: TaskManagerId) -> Option<NetworkMessage> {
        loop {
            let number = self.server.take_next(to)?;
            let reader = self.server.reader(number);
            let (partition, subpartition, receiver) =
                (reader.partition, reader.subpartition, reader.receiver);
            let Some(polled) = self.poll_partition(partition, subpartition) else { continue };
            if polled.buffer.data_type.is_data() {
                self.server.spend_credit(number);
            }
            self.server.queue_if_ready(number, polled.next);
            let mut buffer = polled.buffer;
            // The bytes are on the wire now: the sender's segment is free again.
            if let (Some(segment), Some(&idx)) = (buffer.segment.take(), self.by_id.get(&partition)) {
                self.partition_mut(idx).recycle(segment);
            }
            let (sequence_number, backlog) = (polled.sequence_number, polled.backlog);
            return Some(NetworkMessage::BufferResponse { receiver, buffer, sequence_number, backlog });
        }
    }

    /// Takes a message from another TaskManager.
    pub fn receive(&mut self, from: TaskManagerId, message: NetworkMessage) {
        match message {
            NetworkMessage::PartitionRequest { partition, subpartition, receiver, credit } => {
                if !self.by_id.contains_key(&partition) {
                    self.waiting_requests.push((from, message));
                    return;
                }
                let number = self.server.add(partition, subpartition, receiver, from, credit);
                self.connect(partition, subpartition, Reader::Remote(number));
                self.queue_reader(number);
            }
            NetworkMessage::BufferResponse { receiver, buffer, sequence_number, backlog } => {
                self.receive_buffer(receiver, buffer, sequence_number, backlog);
            }
            NetworkMessage::AddCredit { receiver, credit } => {
                if let Some((number, _)) = self.server.reader_for(receiver) {
                    self.server.add_credit(number, credit);
                    self.queue_reader(number);
                }
            }
        }
    }

    /// Drops a partition and what it holds.
    pub fn release_partition(&mut self, id: PartitionId) {
        if let Some(&idx) = self.by_id.get(&id) {
            self.partitions[idx.0 as usize] = None;
        }
    }

    /// Drops all partitions.
    pub fn release_all_partitions(&mut self) {
        self.partitions.fill(None);
    }

    /// Segments in use by all pools of this TaskManager.
    pub fn segments_in_use(&self) -> u32 {
        self.partitions.iter().flatten().map(|partition| partition.pool().usage().0).sum()
    }

    /// The TaskManager that this belongs to.
    pub const fn here(&self) -> TaskManagerId {
        self.here
    }

    fn receive_buffer(&mut self, receiver: ChannelId, buffer: Buffer, sequence_number: u32, backlog: u32) {
        let Some(&(gate, place)) = self.channels.get(&receiver) else { return };
        let channel = self.gate_mut(gate).channel_mut(place);
        let ChannelSource::Remote(remote) = &mut channel.source else {
            panic!("channel {receiver} is local and got a buffer over a link");
        };
        assert!(
            remote.expected_sequence_number == sequence_number,
            "channel {receiver} expects buffer {} and got {sequence_number}",
            remote.expected_sequence_number
        );
        remote.expected_sequence_number += 1;
        remote.sender_backlog = backlog;
        remote.received.push_back(buffer);
        self.gate_mut(gate).queue(place);
    }

    /// Connects a reader. Answers whether it has something to read. A producer that failed or was cancelled has
    /// released its partition: its readers get nothing, and are about to be cancelled too.
    fn connect(&mut self, partition: PartitionId, subpartition: u32, reader: Reader) -> bool {
        let idx = *self.by_id.get(&partition).expect("a producer is deployed before its consumers connect");
        match &mut self.partitions[idx.0 as usize] {
            Some(queue) => Rc::make_mut(queue).connect(subpartition, reader),
            None => false,
        }
    }

    fn poll_partition(&mut self, id: PartitionId, subpartition: u32) -> Option<super::subpartition::Polled> {
        let idx = *self.by_id.get(&id)?;
        self.partitions[idx.0 as usize].as_ref()?;
        let mut next_buffer_id = self.next_buffer_id;
        let polled = self.partition_mut(idx).poll(subpartition, &mut next_buffer_id);
        self.next_buffer_id = next_buffer_id;
        polled
    }

    fn on_partition(
        &mut self,
        partition: PartitionIdx,
        write: impl FnOnce(&mut ResultPartition, &mut u32, &mut dyn FnMut(u32)),
    ) {
        let mut told = Vec::new();
        let mut next_buffer_id = self.next_buffer_id;
        write(self.partition_mut(partition), &mut next_buffer_id, &mut |subpartition| {
            told.push(subpartition);
        });
        self.next_buffer_id = next_buffer_id;
        for subpartition in told {
            self.tell_reader(partition, subpartition);
        }
    }

    fn tell_reader(&mut self, partition: PartitionIdx, subpartition: u32) {
        let Some(queue) = self.partition(partition) else { return };
        match queue.reader(subpartition) {
            None => {}
            Some(Reader::Local(channel)) => {
                let &(gate, place) = self.channels.get(&channel).expect("a local reader is here");
                self.gate_mut(gate).queue(place);
            }
            Some(Reader::Remote(number)) => self.queue_reader(number),
        }
    }

    fn queue_reader(&mut self, number: u32) {
        let reader = self.server.reader(number);
        let next = self
            .partition_by_id(reader.partition)
            .and_then(|queue| queue.subpartitions()[reader.subpartition as usize].next_type());
        self.server.queue_if_ready(number, next);
    }

    fn partition_mut(&mut self, partition: PartitionIdx) -> &mut ResultPartition {
        Rc::make_mut(self.partitions[partition.0 as usize].as_mut().expect("the partition is not released"))
    }

    fn gate_mut(&mut self, gate: GateIdx) -> &mut InputGate {
        Rc::make_mut(&mut self.gates[gate.0 as usize])
    }
}
