//! The ends of the connections: what sets off next, what a message does, requests that are made again.
//!
//! Flink: `PartitionRequestServerHandler`, `PartitionRequestQueue`, `CreditBasedPartitionRequestClientHandler`,
//! `RemoteInputChannel`, `ResultPartitionManager`.

use super::{GateIdx, Outgoing, ShuffleEnvironment, WaitingRequest, recycle_written};
use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};
use crate::base::limits::PARTITION_REQUEST_TIMEOUT_TICKS;
use crate::base::own::own_seldom;
use crate::network::buffer::{Buffer, DataType};
use crate::network::channel::{ChannelSource, FreeSegment};
use crate::network::error::NetworkError;
use crate::network::message::NetworkMessage;
use crate::network::partition::Reader;
use crate::network::segment::{Home, Segment};
use crate::network::server::ViewReader;

impl ShuffleEnvironment {
    /// Connects every channel of a gate to its producer. Flink: `SingleInputGate#requestPartitions`.
    pub fn request_partitions(&mut self, gate: GateIdx, now: u64) {
        self.gate_mut(gate).is_requested = true;
        for place in 0..self.gate(gate).channels().len() as u32 {
            self.request_subpartition(gate, place, now);
        }
    }

    /// A channel learns what it reads and where that is. Flink: `SingleInputGate#updateInputChannel`.
    ///
    /// # Errors
    /// The network memory does not suffice.
    pub fn update_channel(
        &mut self,
        id: ChannelId,
        partition: PartitionId,
        producer: Option<TaskManagerId>,
        now: u64,
    ) -> Result<(), NetworkError> {
        let Some((gate, place)) = self.channel_place(id) else { return Ok(()) };
        if !matches!(self.source_of(gate, place), ChannelSource::Unknown) || self.gate(gate).pool().is_none()
        {
            return Ok(());
        }
        let (count, here) = (self.configuration.exclusive_per_channel, self.here);
        let mut source = ChannelSource::of(producer, here);
        if let ChannelSource::Remote(remote) = &mut source {
            own_seldom(&mut self.pools).promise_exclusive(count)?;
            remote.await_exclusive(count);
        }
        let channel = self.channel_mut(gate, place);
        (channel.partition, channel.source) = (partition, source);
        if !self.equip_gate(gate) {
            return Err(NetworkError::ExclusiveBuffersTimedOut { missing: self.awaited_by(gate) });
        }
        if self.gate(gate).is_requested {
            self.request_subpartition(gate, place, now);
        }
        Ok(())
    }

    fn request_subpartition(&mut self, gate: GateIdx, place: u32, now: u64) {
        let channel = &self.gate(gate).channels()[place as usize];
        let (id, partition, subpartition) = (channel.id, channel.partition, channel.subpartition);
        if matches!(channel.source, ChannelSource::Unknown) {
            return;
        }
        match channel.remote() {
            Some(remote) => {
                let (producer, credit) = (remote.producer, remote.initial_credit());
                self.channel_mut(gate, place).remote_mut().expect("it is remote").request();
                let message =
                    NetworkMessage::PartitionRequest { partition, subpartition, receiver: id, credit };
                self.send(producer, message);
            }
            None => match self.connect(partition, subpartition, Reader::Local(id)) {
                Some(true) => self.gate_mut(gate).queue(place),
                Some(false) => {}
                None => self.retry_later(id, now),
            },
        }
    }

    /// As which reader a channel reads what this TaskManager has, if it has asked for it.
    pub fn reader_of(&self, channel: ChannelId) -> Option<Reader> {
        match self.server.reader_for(channel) {
            Some((number, _)) => Some(Reader::Remote(number)),
            None => self.channel_place(channel).map(|_| Reader::Local(channel)),
        }
    }

    /// Whether something can be sent to another TaskManager.
    pub fn can_send_to(&self, to: TaskManagerId) -> bool {
        self.outgoing.get(&to).is_some_and(|queue| !queue.is_empty()) || self.server.can_send_to(to)
    }

    /// The next message for another TaskManager: what the receiving side has to say first, then the buffers of
    /// the readers in turn.
    pub fn send_next(&mut self, to: TaskManagerId) -> Option<NetworkMessage> {
        while let Some(outgoing) = self.outgoing.get_mut(&to).and_then(std::collections::VecDeque::pop_front)
        {
            let message = match outgoing {
                Outgoing::Message(message) => Some(message),
                Outgoing::Credit(receiver) => self.take_credit(receiver),
            };
            if message.is_some() {
                return message;
            }
        }
        self.send_buffer(to)
    }

    fn take_credit(&mut self, receiver: ChannelId) -> Option<NetworkMessage> {
        let (gate, place) = self.channel_place(receiver)?;
        let remote = self.channel_mut(gate, place).remote_mut()?;
        let credit = std::mem::take(&mut remote.unannounced_credit);
        (credit > 0).then_some(NetworkMessage::AddCredit { receiver, credit })
    }

    fn send_buffer(&mut self, to: TaskManagerId) -> Option<NetworkMessage> {
        loop {
            let number = self.server.take_next(to)?;
            let reader = self.server.reader(number).expect("a reader that is removed is not queued");
            let (partition, subpartition, receiver) =
                (reader.partition, reader.subpartition, reader.receiver);
            let reader = Reader::Remote(number);
            let Some(polled) = self.poll_partition(partition, subpartition, reader) else { continue };
            if polled.buffer.data_type.is_data() {
                self.server.spend_credit(number);
            }
            self.server.queue_if_ready(number, polled.next);
            let mut buffer = polled.buffer;
            // The bytes are on the wire now: the sender's segment is free again.
            if let Some(segment) = buffer.segment.take() {
                recycle_written(own_seldom(&mut self.pools), segment);
            } else if buffer.data_type.is_data() {
                self.recycle_read(partition, subpartition, reader);
            }
            let (sequence_number, backlog) = (polled.sequence_number, polled.backlog);
            return Some(NetworkMessage::BufferResponse { receiver, buffer, sequence_number, backlog });
        }
    }

    /// Takes a message from another TaskManager.
    pub fn receive(&mut self, from: TaskManagerId, message: NetworkMessage, now: u64) {
        match message {
            NetworkMessage::PartitionRequest { partition, subpartition, receiver, credit } => {
                if self.partition_by_id(partition).is_none() {
                    let until = now + PARTITION_REQUEST_TIMEOUT_TICKS;
                    self.waiting_requests.push(WaitingRequest { from, partition, message, until });
                    return;
                }
                let reader = ViewReader::new((partition, subpartition), receiver, from, credit);
                let number = self.server.add(reader);
                self.connect(partition, subpartition, Reader::Remote(number));
                self.queue_reader(number);
            }
            NetworkMessage::CancelPartitionRequest { receiver } => self.cancel_request(receiver),
            NetworkMessage::BufferResponse { receiver, buffer, sequence_number, backlog } => {
                self.receive_buffer(receiver, buffer, sequence_number, backlog);
            }
            NetworkMessage::BacklogAnnouncement { receiver, backlog } => {
                self.on_sender_backlog(receiver, backlog);
            }
            NetworkMessage::AddCredit { receiver, credit } => {
                if let Some((number, _)) = self.server.reader_for(receiver) {
                    self.server.add_credit(number, credit);
                    self.queue_reader(number);
                }
            }
            NetworkMessage::ErrorResponse { receiver, error } => match error {
                NetworkError::PartitionNotFound { .. } => self.state_checks.push(receiver),
                error => self.fail_channel(receiver, error),
            },
            NetworkMessage::ResumeConsumption { receiver } => self.resume_reader(receiver),
            NetworkMessage::AckAllUserRecordsProcessed { receiver } => {
                if let Some((_, reader)) = self.server.reader_for(receiver) {
                    let (partition, subpartition) = (reader.partition, reader.subpartition);
                    self.note_all_processed(partition, subpartition);
                }
            }
            NetworkMessage::NewBufferSize { receiver, bytes } => {
                if let Some((_, reader)) = self.server.reader_for(receiver) {
                    let (partition, subpartition) = (reader.partition, reader.subpartition);
                    self.set_buffer_bytes(partition, subpartition, bytes);
                }
            }
        }
    }

    /// Channels whose partition is not there, for the JobMaster to be asked about the producer. Flink:
    /// `PartitionProducerStateChecker`.
    pub fn take_state_checks(&mut self) -> Vec<ChannelId> {
        std::mem::take(&mut self.state_checks)
    }

    /// The producer of a channel is alive: the partition is asked for again after a while. Flink:
    /// `SingleInputGate#retriggerPartitionRequest`.
    pub fn retry_later(&mut self, id: ChannelId, now: u64) {
        let Some((gate, place)) = self.channel_place(id) else { return };
        let channel = self.channel_mut(gate, place);
        let partition = channel.partition;
        match channel.next_backoff() {
            Some(ticks) => self.retries.push((now + ticks, id)),
            None => self.fail_channel(id, NetworkError::PartitionNotFound { partition }),
        }
    }

    /// The producer of a channel has ended without being read: nothing will come. Flink: the cancellation of
    /// the consumption in `RemoteChannelStateChecker`.
    pub fn abandon(&mut self, id: ChannelId) {
        if let Some(channel) = self.channel(id) {
            let partition = channel.partition;
            self.fail_channel(id, NetworkError::ProducerGone { partition });
        }
    }

    /// When a request that waits is given up, or one is made again.
    pub fn next_timer(&self) -> Option<u64> {
        let given_up = self.waiting_requests.iter().map(|request| request.until);
        given_up.chain(self.retries.iter().map(|&(at, _)| at)).min()
    }

    /// Gives up what has waited long enough, and asks again where it is time. Answers whether it did.
    pub fn run_timers(&mut self, now: u64) -> bool {
        if self.next_timer().is_none_or(|at| at > now) {
            return false;
        }
        for request in
            self.waiting_requests.extract_if(.., |request| request.until <= now).collect::<Vec<_>>()
        {
            let error = NetworkError::PartitionNotFound { partition: request.partition };
            let receiver = request.message.channel();
            self.send(request.from, NetworkMessage::ErrorResponse { receiver, error });
        }
        for (_, id) in self.retries.extract_if(.., |&mut (at, _)| at <= now).collect::<Vec<_>>() {
            if let Some((gate, place)) = self.channel_place(id) {
                self.request_subpartition(gate, place, now);
            }
        }
        true
    }

    /// The connection to another TaskManager is gone: the channels that read over it fail, its readers are
    /// dropped, and nothing more is sent. The error is that of a channel that reads a partition of the peer. Flink:
    /// `notifyAllChannelsOfErrorAndClose`, `PartitionRequestQueue#releaseAllResources`.
    pub fn connection_failed(
        &mut self,
        peer: TaskManagerId,
        error: fn(TaskManagerId, PartitionId) -> NetworkError,
    ) {
        self.outgoing.remove(&peer);
        self.waiting_requests.retain(|request| request.from != peer);
        let readers: Vec<ChannelId> = self
            .server
            .readers()
            .filter(|(_, reader)| reader.consumer == peer)
            .map(|(_, reader)| reader.receiver)
            .collect();
        for receiver in readers {
            self.cancel_request(receiver);
        }
        let channels: Vec<(ChannelId, PartitionId)> = self
            .gates
            .iter()
            .flat_map(|gate| gate.channels())
            .filter(|channel| channel.remote().is_some_and(|r| r.producer == peer && !r.is_released()))
            .map(|channel| (channel.id, channel.partition))
            .collect();
        for (id, partition) in channels {
            self.fail_channel(id, error(peer, partition));
        }
    }

    pub(super) fn serve_waiting_requests(&mut self, partition: PartitionId, now: u64) {
        let ready = self.waiting_requests.extract_if(.., |request| request.partition == partition);
        for request in ready.collect::<Vec<_>>() {
            self.receive(request.from, request.message, now);
        }
    }

    /// A reader may have something to send: queues it, or says how much waits where the receiver has no credit.
    /// Flink: `PartitionRequestQueue#enqueueAvailableReader`.
    pub(super) fn queue_reader(&mut self, number: u32) {
        let Some(reader) = self.server.reader(number) else { return };
        let Some(queue) = self.partition_by_id(reader.partition) else { return };
        let availability = queue.availability(reader.subpartition, Reader::Remote(number), reader.credit > 0);
        if availability.is_available {
            self.server.queue(number);
        } else if availability.backlog > 0 && reader.must_announce_backlog() {
            let (receiver, consumer) = (reader.receiver, reader.consumer);
            let backlog = availability.backlog;
            self.send(consumer, NetworkMessage::BacklogAnnouncement { receiver, backlog });
        }
    }

    fn cancel_request(&mut self, receiver: ChannelId) {
        self.waiting_requests.retain(|request| request.message.channel() != receiver);
        if let Some((number, _)) = self.server.reader_for(receiver)
            && let Some(reader) = self.server.remove(receiver)
        {
            self.disconnect(reader.partition, reader.subpartition, Reader::Remote(number));
        }
    }

    fn resume_reader(&mut self, receiver: ChannelId) {
        let Some((number, reader)) = self.server.reader_for(receiver) else { return };
        let (partition, subpartition) = (reader.partition, reader.subpartition);
        if reader.initial_credit == 0 {
            self.server.reset_credit(number);
        }
        if let Some(idx) = self.partition_idx(partition)
            && let Some(queue) = self.partition_mut(idx)
        {
            queue.subpartition_mut(subpartition).resume();
            self.queue_reader(number);
        }
    }

    /// Connects a reader. Answers whether it has something to read; `None`: the partition is not there.
    fn connect(&mut self, partition: PartitionId, subpartition: u32, reader: Reader) -> Option<bool> {
        let idx = self.partition_idx(partition)?;
        let Self { partitions, disk, .. } = self;
        let queue = own_seldom(partitions[idx.0 as usize].as_mut()?);
        Some(if queue.is_blocking() {
            queue.file_mut(subpartition).connect(reader, own_seldom(disk))
        } else {
            queue.connect(subpartition, reader)
        })
    }

    fn receive_buffer(
        &mut self,
        receiver: ChannelId,
        mut buffer: Buffer,
        sequence_number: u32,
        backlog: u32,
    ) {
        let Some((gate, place)) = self.channel_place(receiver) else { return };
        let pool = self.gate(gate).pool();
        let Some(remote) = self.channel_mut(gate, place).remote_mut().filter(|remote| !remote.is_released())
        else {
            return;
        };
        if remote.expected_sequence_number != sequence_number {
            let expected = remote.expected_sequence_number;
            let error = NetworkError::BufferReordering { expected, actual: sequence_number };
            self.fail_channel(receiver, error);
            return;
        }
        remote.expected_sequence_number += 1;
        if buffer.data_type.is_data() {
            let free = remote.take_segment().expect("a data buffer comes for a credit, and so for a segment");
            buffer.segment = Some(match free {
                FreeSegment::Exclusive(id) => Segment { id, home: Home::Exclusive },
                FreeSegment::Floating(id) => {
                    let pool = pool.expect("an open gate has a pool");
                    Segment { id, home: Home::Floating { pool } }
                }
            });
        }
        let is_blocking = buffer.data_type.is_blocking_upstream();
        let announcement = match buffer.data_type {
            DataType::Event(event) => event.announcement(sequence_number),
            DataType::Data => None,
        };
        if let Some(event) = announcement {
            let announcement = Buffer { sequence_number, ..Buffer::event(buffer.id, event) };
            remote.received.push_back(buffer);
            self.receive_first(gate, place, announcement);
        } else if buffer.data_type.has_priority() {
            self.receive_first(gate, place, buffer);
        } else {
            remote.received.push_back(buffer);
            self.gate_mut(gate).queue(place);
        }
        if is_blocking {
            self.release_floating_if_none_is_own(gate, place);
        }
        self.on_sender_backlog(receiver, backlog);
    }

    /// Puts an event behind those with priority, in front of all that a channel has received.
    pub(super) fn receive_first(&mut self, gate: GateIdx, place: u32, event: Buffer) {
        let remote = self.channel_mut(gate, place).remote_mut().expect("only remote channels receive");
        let before = remote.received.iter().take_while(|b| b.data_type.has_priority()).count();
        remote.received.insert(before, event);
        self.gate_mut(gate).queue_first(place);
    }

    /// A blocked channel without buffers of its own holds no floating ones either. Flink:
    /// `RemoteInputChannel#onBlockingUpstream`.
    fn release_floating_if_none_is_own(&mut self, gate: GateIdx, place: u32) {
        let Some(pool) = self.gate(gate).pool() else { return };
        let remote = self.channel_mut(gate, place).remote_mut().expect("it is remote");
        if remote.initial_credit() > 0 {
            return;
        }
        remote.unannounced_credit = 0;
        for segment in remote.release_floating() {
            self.recycle_floating(gate, pool, segment);
        }
    }

    fn on_sender_backlog(&mut self, receiver: ChannelId, backlog: u32) {
        let Some((gate, place)) = self.channel_place(receiver) else { return };
        let Some(remote) = self.channel_mut(gate, place).remote_mut() else { return };
        if remote.on_sender_backlog(backlog) {
            let credit = self.request_floating(gate, place);
            if credit > 0 {
                self.announce_credit(gate, place, credit);
            }
        }
    }
}
