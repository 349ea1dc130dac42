//! What a task reads: the next buffer of a gate, segments and credits that go back, and the end of a channel.

use super::{GateIdx, Outgoing, PartitionIdx, ShuffleEnvironment, recycle_written};
use crate::base::ids::{ChannelId, PartitionId};
use crate::base::own::own_seldom;
use crate::network::buffer::{Buffer, DataType};
use crate::network::channel::{ChannelSource, Freed, InputChannel};
use crate::network::error::NetworkError;
use crate::network::event::Event;
use crate::network::gate::InputGate;
use crate::network::message::NetworkMessage;
use crate::network::partition::Reader;
use crate::network::pool::local::Recycled;
use crate::network::segment::{Home, PoolId, Segment, SegmentId};
use crate::network::subpartition::Polled;

impl ShuffleEnvironment {
    /// Takes the next buffer of a gate: channel and buffer.
    ///
    /// # Errors
    /// What went wrong on the channel whose turn it is. Flink: `InputChannel#checkError`.
    pub fn poll_gate(&mut self, gate: GateIdx) -> Result<Option<(u32, Buffer)>, NetworkError> {
        self.poll_while(gate, |_| true)
    }

    /// The same, of what overtakes only.
    ///
    /// # Errors
    /// What went wrong on the channel whose turn it is.
    pub fn poll_priority(&mut self, gate: GateIdx) -> Result<Option<(u32, Buffer)>, NetworkError> {
        self.poll_while(gate, InputGate::has_priority)
    }

    fn poll_while(
        &mut self,
        gate: GateIdx,
        may_poll: impl Fn(&InputGate) -> bool,
    ) -> Result<Option<(u32, Buffer)>, NetworkError> {
        while may_poll(self.gate(gate))
            && let Some(place) = self.gate_mut(gate).take_next()
        {
            let channel = &self.gate(gate).channels()[place as usize];
            if let Some(error) = &channel.error {
                return Err(error.clone());
            }
            let next = match &channel.source {
                ChannelSource::Local => {
                    let (partition, subpartition) = (channel.partition, channel.subpartition);
                    let reader = Reader::Local(channel.id);
                    self.poll_partition(partition, subpartition, reader)
                        .map(|polled| (polled.buffer, polled.next))
                }
                ChannelSource::Remote(_) => {
                    let remote = self.channel_mut(gate, place).remote_mut().expect("it is remote");
                    let buffer = remote.received.pop_front();
                    buffer.map(|buffer| (buffer, remote.received.front().map(|next| next.data_type)))
                }
                ChannelSource::Unknown => None,
            };
            let Some((buffer, next)) = next else { continue };
            self.gate_mut(gate).count_bytes(buffer.bytes.len() as u64);
            self.after_poll(gate, place, buffer.data_type, next);
            return Ok(Some((place, buffer)));
        }
        Ok(None)
    }

    fn after_poll(&mut self, gate: GateIdx, place: u32, polled: DataType, next: Option<DataType>) {
        let channel = self.channel_mut(gate, place);
        channel.is_ended |= polled == DataType::Event(Event::EndOfPartition);
        channel.is_blocked |= polled.is_blocking_upstream();
        match next {
            Some(next) if next.has_priority() => self.gate_mut(gate).queue_first(place),
            Some(_) => self.gate_mut(gate).queue(place),
            None => {}
        }
        if self.gate(gate).channels()[place as usize].is_ended {
            self.release_channel(gate, place);
        }
    }

    /// A buffer of a channel is read: its segment goes back to where it belongs.
    pub fn recycle(&mut self, gate: GateIdx, place: u32, buffer: &Buffer) {
        if let Some(segment) = buffer.segment {
            self.recycle_segment(gate, place, segment);
        } else if buffer.data_type.is_data() {
            // It may have been read from a file, into the memory of the file's reader.
            let channel = &self.gate(gate).channels()[place as usize];
            let (id, partition, subpartition) = (channel.id, channel.partition, channel.subpartition);
            self.recycle_read(partition, subpartition, Reader::Local(id));
        }
    }

    /// The task goes on behind an event that blocked a channel. Flink: `InputChannel#resumeConsumption`.
    pub fn resume_consumption(&mut self, gate: GateIdx, place: u32) {
        let channel = self.channel_mut(gate, place);
        assert!(channel.is_blocked, "channel {} is resumed and not blocked", channel.id);
        channel.is_blocked = false;
        let (id, partition, subpartition) = (channel.id, channel.partition, channel.subpartition);
        if let Some(producer) = channel.remote().map(|remote| remote.producer) {
            self.send(producer, NetworkMessage::ResumeConsumption { receiver: id });
        } else {
            let Some(&idx) = self.by_id.get(&partition) else { return };
            let Some(queue) = self.partition_mut(idx) else { return };
            queue.subpartition_mut(subpartition).resume();
            if queue.subpartitions()[subpartition as usize].is_data_available() {
                self.gate_mut(gate).queue(place);
            }
        }
    }

    /// The task has processed all records of a channel. Flink: `InputChannel#acknowledgeAllRecordsProcessed`.
    pub fn acknowledge_all_records_processed(&mut self, gate: GateIdx, place: u32) {
        let channel = &self.gate(gate).channels()[place as usize];
        let (receiver, partition, subpartition) = (channel.id, channel.partition, channel.subpartition);
        match channel.remote().map(|remote| remote.producer) {
            Some(producer) => {
                self.send(producer, NetworkMessage::AckAllUserRecordsProcessed { receiver });
            }
            None => self.note_all_processed(partition, subpartition),
        }
    }

    /// Flink: `ResultPartition#onSubpartitionAllDataProcessed`.
    pub(super) fn note_all_processed(&mut self, partition: PartitionId, subpartition: u32) {
        if let Some(&idx) = self.by_id.get(&partition)
            && let Some(queue) = self.partition_mut(idx)
        {
            queue.subpartition_mut(subpartition).is_all_processed = true;
        }
    }

    /// Whether those that read from a partition have processed all its records, as far as there are any left. Flink:
    /// `getAllDataProcessedFuture`.
    pub fn is_all_processed(&self, partition: PartitionIdx) -> bool {
        self.partition(partition).is_none_or(|queue| {
            queue.subpartitions().iter().all(|queue| queue.is_all_processed || queue.is_released())
        })
    }

    /// The consumer wants buffers of another size on all channels of a gate. Flink:
    /// `InputChannel#announceBufferSize`.
    pub fn announce_buffer_size(&mut self, gate: GateIdx, bytes: u32) {
        for place in 0..self.gate(gate).channels().len() as u32 {
            let channel = &self.gate(gate).channels()[place as usize];
            if channel.is_ended {
                continue;
            }
            let (id, partition, subpartition) = (channel.id, channel.partition, channel.subpartition);
            match channel.remote().map(|remote| remote.producer) {
                Some(producer) => self.send(producer, NetworkMessage::NewBufferSize { receiver: id, bytes }),
                None => self.set_buffer_bytes(partition, subpartition, bytes),
            }
        }
    }

    pub(super) fn set_buffer_bytes(&mut self, partition: PartitionId, subpartition: u32, bytes: u32) {
        if let Some(&idx) = self.by_id.get(&partition)
            && let Some(queue) = self.partition_mut(idx)
        {
            queue.subpartition_mut(subpartition).set_buffer_bytes(bytes);
        }
    }

    /// The task reads no more from a gate: every channel lets go of its partition, and the memory goes back.
    /// Flink: `SingleInputGate#close`.
    pub fn close_gate(&mut self, gate: GateIdx) {
        for place in 0..self.gate(gate).channels().len() as u32 {
            self.release_channel(gate, place);
        }
        self.gate_mut(gate).clear_queue();
        if let Some(pool) = self.gate_mut(gate).take_pool() {
            own_seldom(&mut self.pools).destroy_pool(pool);
        }
    }

    /// A channel is read to its end, or given up. Flink: `InputChannel#releaseAllResources`.
    fn release_channel(&mut self, gate: GateIdx, place: u32) {
        let InputChannel { id, partition, subpartition, ref error, .. } =
            self.gate(gate).channels()[place as usize];
        if matches!(self.source_of(gate, place), ChannelSource::Unknown) {
            return;
        }
        let has_connection = !error.as_ref().is_some_and(NetworkError::is_of_connection);
        self.retries.retain(|&(_, channel)| channel != id);
        let Some(remote) = self.channel_mut(gate, place).remote_mut() else {
            self.disconnect(partition, subpartition, Reader::Local(id));
            return;
        };
        if remote.is_released() {
            return;
        }
        let request = (has_connection && remote.is_requested()).then_some(remote.producer);
        let awaited = remote.awaited();
        let (exclusive, floating, received) = remote.release();
        let pool = self.gate(gate).pool();
        let pools = own_seldom(&mut self.pools);
        pools.recycle_exclusive(exclusive);
        pools.release_promise(awaited);
        if let Some(pool) = pool {
            pools.remove_listener(pool, place);
        }
        if let Some(pool) = pool {
            for segment in floating {
                self.recycle_floating(gate, pool, segment);
            }
        }
        for segment in received.into_iter().filter_map(|buffer| buffer.segment) {
            self.recycle_segment(gate, place, segment);
        }
        if let Some(producer) = request {
            self.send(producer, NetworkMessage::CancelPartitionRequest { receiver: id });
        }
    }

    fn recycle_segment(&mut self, gate: GateIdx, place: u32, segment: Segment) {
        match segment.home {
            Home::Subpartition { .. } | Home::Shared { .. } => {
                recycle_written(own_seldom(&mut self.pools), segment);
            }
            Home::Floating { pool } => self.recycle_floating(gate, pool, segment.id),
            Home::Exclusive => {
                let remote = self.channel_mut(gate, place).remote_mut();
                let remote = remote.expect("only remote channels have exclusive segments");
                if remote.is_released() {
                    own_seldom(&mut self.pools).recycle_exclusive(vec![segment.id]);
                    return;
                }
                match remote.recycle_exclusive(segment.id) {
                    Freed::Announce => self.announce_credit(gate, place, 1),
                    Freed::ReturnFloating(floating) => {
                        let pool = self.gate(gate).pool().expect("a gate that is read is open");
                        self.recycle_floating(gate, pool, floating);
                    }
                }
            }
        }
    }

    /// Gives a floating segment back to its gate's pool, or to the channel that waits for it.
    pub(super) fn recycle_floating(&mut self, gate: GateIdx, pool: PoolId, mut segment: SegmentId) {
        loop {
            match own_seldom(&mut self.pools).recycle(pool, segment, None) {
                Recycled::Settled => return,
                Recycled::HandTo { channel, segment: handed } => {
                    let remote = self.channel_mut(gate, channel).remote_mut();
                    match remote.expect("only remote channels wait").add_floating(handed) {
                        Ok(()) => {
                            let more = self.request_floating(gate, channel);
                            self.announce_credit(gate, channel, 1 + more);
                            return;
                        }
                        Err(refused) => segment = refused,
                    }
                }
            }
        }
    }

    /// Takes floating segments as long as the channel needs them and the pool has them. Answers how many.
    pub(super) fn request_floating(&mut self, gate: GateIdx, place: u32) -> u32 {
        let Some(pool) = self.gate(gate).pool() else { return 0 };
        let mut count = 0;
        while let ChannelSource::Remote(remote) = self.source_of(gate, place)
            && remote.needs_floating()
        {
            let pools = own_seldom(&mut self.pools);
            if let Some(segment) = pools.request(pool, None) {
                let remote = self.channel_mut(gate, place).remote_mut().expect("it is remote");
                remote.add_floating(segment).expect("it needs one");
                count += 1;
            } else if pools.add_listener(pool, place) {
                self.channel_mut(gate, place).remote_mut().expect("it is remote").wait();
            }
        }
        count
    }

    /// The channel has room for more. The sender hears of it with the next message that sets off.
    pub(super) fn announce_credit(&mut self, gate: GateIdx, place: u32, credit: u32) {
        let channel = self.channel_mut(gate, place);
        let id = channel.id;
        let remote = channel.remote_mut().expect("only remote channels have credit");
        let producer = remote.producer;
        if remote.add_credit(credit) {
            self.outgoing.entry(producer).or_default().push_back(Outgoing::Credit(id));
        }
    }

    /// A channel's error, which the task learns when it reads next.
    pub(super) fn fail_channel(&mut self, id: ChannelId, error: NetworkError) {
        let Some((gate, place)) = self.channel_place(id) else { return };
        let channel = self.channel_mut(gate, place);
        if channel.is_ended || channel.error.is_some() {
            return;
        }
        channel.error = Some(error);
        self.gate_mut(gate).queue(place);
    }

    pub(super) fn poll_partition(
        &mut self,
        id: PartitionId,
        subpartition: u32,
        reader: Reader,
    ) -> Option<Polled> {
        let idx = *self.by_id.get(&id)?;
        let Self { partitions, pools, disk, next_buffer_id, .. } = self;
        let queue = own_seldom(partitions[idx.0 as usize].as_mut()?);
        if queue.is_blocking() {
            return queue.file_mut(subpartition).poll(reader, own_seldom(disk));
        }
        queue.poll(subpartition, next_buffer_id, |segment| recycle_written(own_seldom(pools), segment))
    }

    /// A reader of a subpartition is done; the last one of a pipelined partition takes it with it.
    pub(super) fn disconnect(&mut self, id: PartitionId, subpartition: u32, reader: Reader) {
        let Some(&idx) = self.by_id.get(&id) else { return };
        let Self { partitions, pools, .. } = self;
        let Some(place) = &mut partitions[idx.0 as usize] else { return };
        if place.is_blocking() {
            // It can be read again: the scheduler lets go of it.
            own_seldom(place).file_mut(subpartition).disconnect(reader);
            return;
        }
        if place.reader(subpartition) != Some(reader) {
            return;
        }
        let pools = own_seldom(pools);
        let is_consumed =
            own_seldom(place).disconnect(subpartition, |segment| recycle_written(pools, segment));
        if is_consumed {
            self.release_partition(id);
        }
    }

    pub(super) fn partition_idx(&self, id: PartitionId) -> Option<PartitionIdx> {
        self.by_id.get(&id).copied()
    }
}
