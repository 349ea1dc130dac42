//! The network side of one TaskManager: its memory, its partitions, its gates, its connections' ends.
//!
//! Contract: everything that a task writes or reads goes through here, so that a reader is told in the same
//! step in which a writer makes something visible. What must go to another TaskManager waits here until the
//! link to it takes it.
//! Flink: `NettyShuffleEnvironment`, `ResultPartitionManager`, `ConnectionManager`.

mod connection;
mod overtaking;
mod read;
mod storage;
mod write;

use std::collections::VecDeque;
use std::rc::Rc;

use super::bounded_blocking::{BoundedBlockingSubpartition, BoundedDataKind};
use super::channel::{ChannelSource, InputChannel, RemoteChannel};
use super::debloat::DebloatOptions;
use super::disk::{Disk, DiskOptions};
use super::error::NetworkError;
use super::gate::InputGate;
use super::message::NetworkMessage;
use super::partition::ResultPartition;
use super::partition_type::ResultPartitionType;
use super::pool::NetworkBufferPool;
use super::pool::local::{PoolLimits, Recycled};
use super::segment::{Home, Segment};
use super::server::PartitionServer;
use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};
use crate::base::limits::{
    BUFFERS_PER_SUBPARTITION_MAX, FLOATING_BUFFERS_PER_GATE, OVERDRAFT_BUFFERS_PER_PARTITION,
};
use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;

/// A gate's number in its TaskManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateIdx(pub u32);

/// A partition's place in its TaskManager: what writers hold, so that no look-up stands on their path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionIdx(pub u32);

/// The network memory of a TaskManager and how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkConfiguration {
    /// Size of a segment in bytes. Flink: `taskmanager.memory.segment-size`.
    pub segment_bytes: u32,
    /// Segments of the TaskManager. Flink: network memory by segment size.
    pub segments: u32,
    /// Exclusive buffers of a remote channel. Flink: hard-coded 2 since 2.0, before
    /// `taskmanager.network.memory.buffers-per-channel`.
    pub exclusive_per_channel: u32,
    /// Whether buffers are debloated, and how.
    pub debloat: Option<DebloatOptions>,
    /// How the files of blocking results are written and read. Flink:
    /// `taskmanager.network.blocking-shuffle.type`.
    pub blocking_shuffle: BoundedDataKind,
    /// How fast the TaskManager's disk is.
    pub disk: DiskOptions,
}

/// What waits to go to another TaskManager, buffers apart.
#[derive(Clone, Debug)]
enum Outgoing {
    Message(NetworkMessage),
    /// The unannounced credit of a channel, as much as there is when it is sent.
    Credit(ChannelId),
}

/// A request for a partition that is not there yet. Flink: `PartitionRequestListener`.
#[derive(Clone, Debug)]
struct WaitingRequest {
    from: TaskManagerId,
    partition: PartitionId,
    message: NetworkMessage,
    until: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct ShuffleEnvironment {
    here: TaskManagerId,
    configuration: NetworkConfiguration,
    pools: Rc<NetworkBufferPool>,
    partitions: Vec<Option<Rc<ResultPartition>>>,
    /// `numBytesOut` and `numBuffersOut` of the partitions that are released.
    last_counters: SortedMap<u32, (u64, u64)>,
    by_id: SortedMap<PartitionId, PartitionIdx>,
    gates: Vec<Rc<InputGate>>,
    /// Gate and place of each input channel of this TaskManager.
    channels: SortedMap<ChannelId, (GateIdx, u32)>,
    server: PartitionServer,
    disk: Rc<Disk>,
    outgoing: SortedMap<TaskManagerId, VecDeque<Outgoing>>,
    waiting_requests: Vec<WaitingRequest>,
    /// Channels that ask for their partition again, and when.
    retries: Vec<(u64, ChannelId)>,
    /// Channels whose partition is not there: the JobMaster is to be asked about its producer.
    state_checks: Vec<ChannelId>,
    next_buffer_id: u32,
}

impl ShuffleEnvironment {
    /// An empty one for TaskManager `here`. Buffer numbers are unique in the run: each TaskManager counts
    /// from its own beginning.
    pub fn new(here: TaskManagerId, configuration: NetworkConfiguration) -> Self {
        Self {
            here,
            configuration,
            pools: Rc::new(NetworkBufferPool::new(configuration.segments, configuration.segment_bytes)),
            partitions: Vec::new(),
            last_counters: SortedMap::new(),
            by_id: SortedMap::new(),
            gates: Vec::new(),
            channels: SortedMap::new(),
            server: PartitionServer::default(),
            disk: Rc::new(Disk::new(configuration.disk)),
            outgoing: SortedMap::new(),
            waiting_requests: Vec::new(),
            retries: Vec::new(),
            state_checks: Vec::new(),
            next_buffer_id: here.0 << 26,
        }
    }

    /// Creates a result partition with its pool: one buffer for each subpartition and one more, up to two and
    /// eight; one whose buffers are not bounded takes what there is, and none beyond it. Flink:
    /// `NettyShuffleUtils`, `ResultPartitionFactory`.
    ///
    /// # Errors
    /// The network memory does not suffice.
    pub fn create_partition(
        &mut self,
        id: PartitionId,
        result_type: ResultPartitionType,
        subpartitions: u32,
        now: u64,
    ) -> Result<PartitionIdx, NetworkError> {
        let is_bounded = result_type.properties().is_bounded;
        let pool = own_seldom(&mut self.pools).create_pool(PoolLimits {
            min: subpartitions + 1,
            max: is_bounded.then_some(2 * subpartitions + FLOATING_BUFFERS_PER_GATE),
            subpartitions,
            per_subpartition_max: BUFFERS_PER_SUBPARTITION_MAX,
            overdraft_max: if result_type.is_blocking() { 0 } else { OVERDRAFT_BUFFERS_PER_PARTITION },
        })?;
        let idx = PartitionIdx(self.partitions.len() as u32);
        let mut partition = if result_type.is_blocking() {
            let (kind, disk) = (self.configuration.blocking_shuffle, own_seldom(&mut self.disk));
            let file = |subpartition| BoundedBlockingSubpartition::new(id, subpartition, kind, disk);
            ResultPartition::blocking(id, (0..subpartitions).map(file).collect(), pool)
        } else {
            ResultPartition::new(id, subpartitions, pool)
        };
        if let Some(options) = self.configuration.debloat.filter(|_| !partition.is_blocking()) {
            let bytes = options.starting_bytes.min(self.configuration.segment_bytes);
            (0..subpartitions).for_each(|n| partition.subpartition_mut(n).set_buffer_bytes(bytes));
        }
        self.partitions.push(Some(Rc::new(partition)));
        let before = self.by_id.insert(id, idx);
        assert!(before.is_none(), "partition {id} is created twice");
        self.serve_waiting_requests(id, now);
        Ok(idx)
    }

    /// Creates an input gate: its pool of floating buffers, and the exclusive buffers of its remote channels.
    /// Flink: `SingleInputGate#setup`, `InputGateSpecUtils`.
    ///
    /// # Errors
    /// The network memory does not suffice.
    pub fn create_gate(&mut self, mut channels: Vec<InputChannel>) -> Result<GateIdx, NetworkError> {
        let pools = own_seldom(&mut self.pools);
        let pool = pools.create_pool(PoolLimits {
            min: 1,
            max: Some(FLOATING_BUFFERS_PER_GATE),
            subpartitions: 0,
            per_subpartition_max: u32::MAX,
            overdraft_max: 0,
        })?;
        let count = self.configuration.exclusive_per_channel;
        let mut remotes = channels.iter_mut().filter_map(InputChannel::remote_mut);
        let result = remotes.try_for_each(|remote| {
            pools.promise_exclusive(count)?;
            remote.await_exclusive(count);
            Ok(())
        });
        let idx = GateIdx(self.gates.len() as u32);
        for (place, channel) in (0..).zip(&channels) {
            let before = self.channels.insert(channel.id, (idx, place));
            assert!(before.is_none(), "channel {} is created twice", channel.id);
        }
        self.gates.push(Rc::new(InputGate::new(channels, pool)));
        if let Err(error) = result {
            self.close_gate(idx);
            return Err(error);
        }
        self.equip_gate(idx);
        Ok(idx)
    }

    /// Gives the channels of a gate the exclusive segments that they wait for, as far as they are free. Answers
    /// whether each has its own.
    pub fn equip_gate(&mut self, gate: GateIdx) -> bool {
        let pools = own_seldom(&mut self.pools);
        let gate = own_seldom(&mut self.gates[gate.0 as usize]);
        (0..gate.channels().len() as u32).all(|place| match gate.channel_mut(place).remote_mut() {
            Some(remote) if remote.awaited() > 0 => {
                pools.take_exclusive(remote.awaited()).map(|segments| remote.own(segments)).is_some()
            }
            _ => true,
        })
    }

    /// Exclusive segments that the channels of a gate wait for.
    pub fn awaited_by(&self, gate: GateIdx) -> u32 {
        self.gate(gate).channels().iter().filter_map(InputChannel::remote).map(RemoteChannel::awaited).sum()
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

    /// `numBytesOut` and `numBuffersOut` of a partition, released or not.
    pub fn counters(&self, partition: PartitionIdx) -> (u64, u64) {
        let released = || self.last_counters.get(&partition.0).copied().unwrap_or_default();
        self.partition(partition).map_or_else(released, ResultPartition::counters)
    }

    /// Whether a writer may begin another record.
    pub fn is_available(&self, partition: PartitionIdx) -> bool {
        match &self.partitions.as_slice()[partition.0 as usize] {
            Some(partition) => self.pools.is_available(partition.pool()),
            None => true,
        }
    }

    /// The gate and place of a channel of this TaskManager.
    pub fn channel_place(&self, id: ChannelId) -> Option<(GateIdx, u32)> {
        self.channels.get(&id).copied()
    }

    /// A channel of this TaskManager.
    pub fn channel(&self, id: ChannelId) -> Option<&InputChannel> {
        let (gate, place) = self.channel_place(id)?;
        Some(&self.gate(gate).channels()[place as usize])
    }

    /// The sending side.
    pub const fn server(&self) -> &PartitionServer {
        &self.server
    }

    /// The network memory.
    pub fn network_pool(&self) -> &NetworkBufferPool {
        &self.pools
    }

    /// How it is set up.
    pub const fn configuration(&self) -> &NetworkConfiguration {
        &self.configuration
    }

    /// The TaskManager that this belongs to.
    pub const fn here(&self) -> TaskManagerId {
        self.here
    }

    /// Segments that are not free, those that pools hold in advance included.
    pub fn segments_in_use(&self) -> u32 {
        self.pools.total() - self.pools.free()
    }

    /// The producer is over: its pool goes back as its buffers are read. What they hold can still be read.
    /// Flink: `ResultPartition#close`.
    pub fn close_partition(&mut self, partition: PartitionIdx) {
        if let Some(partition) = self.partition(partition) {
            let pool = partition.pool();
            own_seldom(&mut self.pools).destroy_pool(pool);
        }
    }

    /// Drops a partition and what it holds. Flink: `ResultPartitionManager#releasePartition`.
    pub fn release_partition(&mut self, id: PartitionId) {
        let Some(idx) = self.by_id.remove(&id) else { return };
        let Some(mut partition) = self.partitions[idx.0 as usize].take() else { return };
        self.last_counters.insert(idx.0, partition.counters());
        let pools = own_seldom(&mut self.pools);
        let disk = own_seldom(&mut self.disk);
        own_seldom(&mut partition).release(disk, |segment| recycle_written(pools, segment));
        pools.destroy_pool(partition.pool());
    }

    /// Drops a partition because its producer failed: remote readers are told. Flink: `ResultPartition#fail`.
    pub fn fail_partition(&mut self, id: PartitionId) {
        let readers: Vec<_> = self
            .server
            .readers()
            .filter(|(_, reader)| reader.partition == id)
            .map(|(_, reader)| (reader.receiver, reader.consumer))
            .collect();
        for (receiver, consumer) in readers {
            self.server.remove(receiver);
            let error = NetworkError::ProducerFailed { partition: id };
            self.send(consumer, NetworkMessage::ErrorResponse { receiver, error });
        }
        self.release_partition(id);
    }

    /// Drops all partitions.
    pub fn release_all_partitions(&mut self) {
        while let Some((&id, _)) = self.by_id.first_key_value() {
            self.release_partition(id);
        }
    }

    fn send(&mut self, to: TaskManagerId, message: NetworkMessage) {
        self.outgoing.entry(to).or_default().push_back(Outgoing::Message(message));
    }

    fn partition_mut(&mut self, partition: PartitionIdx) -> Option<&mut ResultPartition> {
        self.partitions[partition.0 as usize].as_mut().map(own_seldom)
    }

    fn gate_mut(&mut self, gate: GateIdx) -> &mut InputGate {
        own_seldom(&mut self.gates[gate.0 as usize])
    }

    fn channel_mut(&mut self, gate: GateIdx, place: u32) -> &mut InputChannel {
        self.gate_mut(gate).channel_mut(place)
    }

    fn source_of(&self, gate: GateIdx, place: u32) -> &ChannelSource {
        &self.gate(gate).channels()[place as usize].source
    }
}

/// Gives a segment of a result partition back to its pool.
fn recycle_written(pools: &mut NetworkBufferPool, segment: Segment) {
    let recycled = match segment.home {
        Home::Subpartition { pool, subpartition } => pools.recycle(pool, segment.id, Some(subpartition)),
        Home::Shared { pool } => pools.recycle_shared(pool, segment.id),
        Home::Exclusive | Home::Floating { .. } => {
            panic!("segment {} of a channel is no writer's", segment.id)
        }
    };
    assert!(recycled == Recycled::Settled, "nobody waits for the segments of a writer's pool");
}

#[cfg(test)]
mod tests;
