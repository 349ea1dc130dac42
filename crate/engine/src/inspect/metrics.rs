//! The metrics of a task, by Flink's names.
//!
//! Flink: `TaskIOMetricGroup`, `NettyShuffleMetricFactory` and its gauges. Rates a second are of the last second,
//! where Flink's are of the last minute.

use std::borrow::Cow;

use super::time_metrics;
use crate::base::ids::TaskId;
use crate::network::channel::{InputChannel, RemoteChannel};
use crate::network::gate::InputGate;
use crate::network::partition::ResultPartition;
use crate::network::shuffle::ShuffleEnvironment;
use crate::network::subpartition::PipelinedSubpartition;
use crate::sim::world::World;
use crate::task::record_writer::RecordWriter;
use crate::task::state::ExecutionState;
use crate::task::stream_task::StreamTask;
use crate::time::clock::processing_time;

/// Name and value.
pub type Metric = (Cow<'static, str>, f64);

/// The same where the name is known beforehand.
type Named = (&'static str, f64);

/// How many of so many segments are in use.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    used: u32,
    total: u32,
}

/// What a task would report; nothing before it is deployed.
pub fn of_task(world: &World, id: TaskId) -> Vec<Metric> {
    let Some((task, executor)) = world.task(id) else { return Vec::new() };
    let mut named = times(task, executor.shuffle()).to_vec();
    named.extend(outputs(task, executor.shuffle()));
    named.extend(inputs(task, executor.shuffle()));
    named.push(("mailboxQueueSize", task.mailbox().len() as f64));
    let mut metrics: Vec<Metric> = named.into_iter().map(|(name, value)| (name.into(), value)).collect();
    time_metrics::add(task, processing_time(world.tick()), &mut metrics);
    metrics
}

fn times(task: &StreamTask, shuffle: &ShuffleEnvironment) -> [Named; 9] {
    let (shares, all) = (task.time().shares(), task.time().accumulated());
    let is_back_pressured =
        task.state() == ExecutionState::Running && task.waits_as(shuffle).is_back_pressured();
    let soft = shares.back_pressured - shares.hard_back_pressured;
    [
        ("busyTimeMsPerSecond", f64::from(shares.busy)),
        ("idleTimeMsPerSecond", f64::from(shares.idle)),
        ("backPressuredTimeMsPerSecond", f64::from(shares.back_pressured)),
        ("softBackPressuredTimeMsPerSecond", f64::from(soft)),
        ("hardBackPressuredTimeMsPerSecond", f64::from(shares.hard_back_pressured)),
        ("accumulateBusyTimeMs", all.busy as f64),
        ("accumulateIdleTimeMs", all.idle as f64),
        ("accumulateBackPressuredTimeMs", all.back_pressured as f64),
        ("isBackPressured", f64::from(u8::from(is_back_pressured))),
    ]
}

fn outputs(task: &StreamTask, shuffle: &ShuffleEnvironment) -> [Named; 5] {
    let (mut bytes, mut buffers) = (0, 0);
    for &partition in task.partitions() {
        let counters = shuffle.counters(partition);
        bytes += counters.0;
        buffers += counters.1;
    }
    let partitions: Vec<&ResultPartition> =
        task.partitions().iter().filter_map(|&partition| shuffle.partition(partition)).collect();
    let pools = partitions.iter().filter_map(|partition| shuffle.network_pool().pool(partition.pool()));
    let usage = pools.fold(Usage::default(), |usage, pool| usage.and(pool.used(), pool.size()));
    let queued: usize = partitions
        .iter()
        .flat_map(|partition| partition.subpartitions())
        .map(PipelinedSubpartition::len)
        .sum();
    let writers = task.chain().map_or(&[][..], |chain| chain.writers());
    [
        ("numRecordsOut", writers.iter().map(RecordWriter::records_out).sum::<u64>() as f64),
        ("numBytesOut", bytes as f64),
        ("numBuffersOut", buffers as f64),
        ("outPoolUsage", usage.ratio()),
        ("outputQueueLength", queued as f64),
    ]
}

fn inputs(task: &StreamTask, shuffle: &ShuffleEnvironment) -> [Named; 5] {
    let gates: Vec<&InputGate> = task.inputs().gates().map(|gate| shuffle.gate(gate)).collect();
    let (mut floating, mut exclusive) = (Usage::default(), Usage::default());
    for gate in &gates {
        let mut floating_free = 0;
        for remote in gate.channels().iter().filter_map(InputChannel::remote) {
            let (own_free, borrowed_free) = remote.free();
            exclusive = exclusive.and(remote.initial_credit().saturating_sub(own_free), own(remote));
            floating_free += borrowed_free;
        }
        let pool = gate.pool().and_then(|pool| shuffle.network_pool().pool(pool));
        if let Some(pool) = pool {
            floating = floating.and(pool.used().saturating_sub(floating_free), pool.size());
        }
    }
    let queued: u32 =
        gates.iter().flat_map(|gate| gate.channels()).map(|channel| queued_in(channel, shuffle)).sum();
    let all = Usage { used: floating.used + exclusive.used, total: floating.total + exclusive.total };
    [
        ("numRecordsIn", task.records_in() as f64),
        ("inPoolUsage", all.ratio()),
        ("inputFloatingBuffersUsage", floating.ratio()),
        ("inputExclusiveBuffersUsage", exclusive.ratio()),
        ("inputQueueLength", f64::from(queued)),
    ]
}

/// Segments that are a channel's own, free or not; none once it gave them back.
const fn own(remote: &RemoteChannel) -> u32 {
    if remote.is_released() { 0 } else { remote.initial_credit() }
}

/// Buffers that wait to be read. Flink: `unsynchronizedGetNumberOfQueuedBuffers`: for a local channel these are
/// those of the subpartition.
fn queued_in(channel: &InputChannel, shuffle: &ShuffleEnvironment) -> u32 {
    match channel.remote() {
        Some(remote) => remote.received.len() as u32,
        None => shuffle
            .partition_by_id(channel.partition)
            .map_or(0, |partition| partition.subpartitions()[channel.subpartition as usize].len() as u32),
    }
}

impl Usage {
    const fn and(self, used: u32, total: u32) -> Self {
        Self { used: self.used + used, total: self.total + total }
    }

    fn ratio(self) -> f64 {
        if self.total == 0 { 0.0 } else { f64::from(self.used) / f64::from(self.total) }
    }
}
