//! Every memory segment has one holder, and all come home; no file outlives its job.

use super::Fault;
use crate::base::ordered::SortedMap;
use crate::base::sort;
use crate::cluster::task_executor::TaskExecutor;
use crate::network::bounded_blocking::BoundedBlockingSubpartition;
use crate::network::buffer::{Buffer, QueuedBuffer};
use crate::network::pool::{LocalBufferPool, NetworkBufferPool};
use crate::network::segment::{Home, PoolId, Segment, SegmentId};
use crate::network::shuffle::{GateIdx, ShuffleEnvironment};
use crate::sim::world::World;
use crate::task::stream_task::StreamTask;

/// The segments of one TaskManager that are in buffers or in channels.
#[derive(Clone, Default)]
pub(super) struct Holdings {
    /// Those in buffers, each once.
    in_buffers: Vec<SegmentId>,
    /// Those that several subpartitions read: how many have not read them yet.
    shared: SortedMap<SegmentId, (PoolId, u32)>,
    by_pool: SortedMap<PoolId, Held>,
    exclusive: u32,
}

/// What is held of a pool.
#[derive(Clone, Default)]
struct Held {
    segments: u32,
    by_subpartition: Vec<u32>,
}

impl Holdings {
    /// Looks at the memory of all TaskManagers.
    pub fn check(&mut self, world: &World) -> Result<(), Fault> {
        let is_over = is_over(world);
        for executor in world.executors() {
            // Who follows a JobMaster that is gone still has the job of that one.
            let is_over = is_over && !executor.hears_nothing();
            self.collect(executor);
            let pools = executor.shuffle().network_pool();
            self.check_memory(pools).map_err(|fault| format!("TaskManager {}: {fault}", executor.id()))?;
            if let Some((_, file)) = executor.shuffle().disk().files().next().filter(|_| is_over) {
                return Err(format!(
                    "the job is over, and {} is on the disk of TaskManager {}",
                    file.name(),
                    executor.id()
                ));
            }
            if is_over && (pools.free() != pools.total() || pools.required() > 0) {
                let (id, free, total) = (executor.id(), pools.free(), pools.total());
                return Err(format!(
                    "the job is over, and of TaskManager {id} {free} of {total} segments are free"
                ));
            }
        }
        Ok(())
    }

    fn collect(&mut self, executor: &TaskExecutor) {
        self.in_buffers.clear();
        self.shared.clear();
        self.by_pool.clear();
        self.exclusive = 0;
        let shuffle = executor.shuffle();
        for task in executor.tasks() {
            for partition in task.partitions().iter().filter_map(|&idx| shuffle.partition(idx)) {
                for queue in partition.subpartitions() {
                    for segment in queue.buffers().filter_map(QueuedBuffer::segment) {
                        self.add(segment);
                    }
                }
            }
            for partition in task.partitions().iter().filter_map(|&idx| shuffle.partition(idx)) {
                for segment in partition.files().iter().flat_map(BoundedBlockingSubpartition::segments) {
                    self.add(segment);
                }
            }
            for gate in task.inputs().gates() {
                self.collect_gate(shuffle, task, gate);
            }
        }
        for (pool, readers) in self.shared.values() {
            assert!(*readers > 0, "a shared segment was found");
            self.by_pool.entry(*pool).or_default().add(Some(0));
        }
        self.in_buffers.extend(self.shared.keys());
        sort::sort(&mut self.in_buffers);
    }

    fn collect_gate(&mut self, shuffle: &ShuffleEnvironment, task: &StreamTask, gate: GateIdx) {
        let pool = shuffle.gate(gate).pool();
        for (place, channel) in (0..).zip(shuffle.gate(gate).channels()) {
            let reading = task.inputs().deserializer(gate, place).and_then(|reader| reader.reading());
            self.add_buffers(reading.map(|(buffer, ..)| buffer));
            let Some(remote) = channel.remote() else { continue };
            self.add_buffers(&remote.received);
            let (exclusive, floating) = remote.free();
            self.exclusive += exclusive;
            if let Some(pool) = pool {
                self.by_pool.entry(pool).or_default().segments += floating;
            }
        }
    }

    fn add_buffers<'a>(&mut self, buffers: impl IntoIterator<Item = &'a Buffer>) {
        for segment in buffers.into_iter().filter_map(|buffer| buffer.segment) {
            self.add(segment);
        }
    }

    fn add(&mut self, segment: Segment) {
        match segment.home {
            Home::Shared { pool } => {
                self.shared.entry(segment.id).or_insert_with(|| (pool, 0)).1 += 1;
                return;
            }
            Home::Subpartition { pool, subpartition } => {
                self.by_pool.entry(pool).or_default().add(Some(subpartition));
            }
            Home::Floating { pool } => self.by_pool.entry(pool).or_default().add(None),
            Home::Exclusive => self.exclusive += 1,
        }
        self.in_buffers.push(segment.id);
    }

    fn check_memory(&self, pools: &NetworkBufferPool) -> Result<(), Fault> {
        let pairs = self.in_buffers.iter().zip(self.in_buffers.iter().skip(1));
        if let Some((segment, _)) = pairs.into_iter().find(|(a, b)| a == b) {
            return Err(format!("segment {segment} is in two buffers"));
        }
        let requested: u32 = pools.pools().map(|(_, pool)| pool.requested()).sum();
        if pools.free() + requested + pools.exclusive() != pools.total() {
            let (free, exclusive, total) = (pools.free(), pools.exclusive(), pools.total());
            return Err(format!(
                "{free} free, {requested} in pools and {exclusive} exclusive segments are not {total}"
            ));
        }
        if self.exclusive != pools.exclusive() {
            let (found, given) = (self.exclusive, pools.exclusive());
            return Err(format!("{given} exclusive segments were given out, and channels have {found}"));
        }
        let none = Held::default();
        for (id, pool) in pools.pools() {
            Self::check_pool(pool, self.by_pool.get(&id).unwrap_or(&none))
                .map_err(|fault| format!("pool {}: {fault}", id.0))?;
        }
        match self.by_pool.keys().find(|&&id| pools.pool(id).is_none()) {
            Some(id) => Err(format!("pool {} is gone, and buffers hold segments of it", id.0)),
            None => Ok(()),
        }
    }

    fn check_pool(pool: &LocalBufferPool, held: &Held) -> Result<(), Fault> {
        let limits = pool.limits();
        if pool.used() != held.segments {
            let (used, found) = (pool.used(), held.segments);
            return Err(format!("{used} segments are in use, and {found} were found"));
        }
        let used = pool.used_by_subpartition().iter().enumerate();
        for (subpartition, &used) in used {
            let found = held.by_subpartition.get(subpartition).copied().unwrap_or(0);
            if used != found {
                return Err(format!(
                    "subpartition {subpartition} holds {found} segments and is charged with {used}"
                ));
            }
        }
        let most = limits.max.map_or(u32::MAX, |max| max + limits.overdraft_max);
        if pool.requested() > most || pool.size() < limits.min {
            let (requested, size) = (pool.requested(), pool.size());
            return Err(format!(
                "{requested} segments of at most {most}, size {size} of at least {}",
                limits.min
            ));
        }
        Ok(())
    }
}

impl Held {
    fn add(&mut self, subpartition: Option<u32>) {
        self.segments += 1;
        if let Some(place) = subpartition {
            let place = place as usize;
            self.by_subpartition.resize(self.by_subpartition.len().max(place + 1), 0);
            self.by_subpartition[place] += 1;
        }
    }
}

/// Whether the job has ended and nobody has anything left to say.
fn is_over(world: &World) -> bool {
    let executors = world.executors();
    let is_quiet = |from: &TaskExecutor| executors.iter().all(|to| !from.shuffle().can_send_to(to.id()));
    world.job_status().is_globally_terminal()
        && world.rpc().is_empty()
        && world.links().iter().all(|link| link.in_flight().next().is_none())
        && executors.iter().all(|executor| is_quiet(executor))
}
