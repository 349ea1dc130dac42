//! A TaskManager under the inspector: the parts of its memory, who holds them, and its disk.

use super::disk::{self, DiskDetail};
use crate::base::ids::TaskManagerId;
use crate::cluster::task_executor::TaskExecutor;
use crate::network::pool::NetworkBufferPool;
use crate::sim::world::World;
use crate::task::memory::manager::MemoryManager;
use crate::task::memory::size::MemorySize;

/// A TaskManager under the inspector.
#[derive(Clone, Debug)]
pub struct TaskManagerDetail {
    pub id: TaskManagerId,
    pub name: String,
    pub segment_bytes: u32,
    /// Totals before the parts that they are made of.
    pub memory: Vec<MemoryPart>,
    /// By Flink's names.
    pub metrics: Vec<(&'static str, f64)>,
    pub slots: Vec<SlotMemory>,
    pub disk: DiskDetail,
}

/// A part of a TaskManager's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryPart {
    /// How many totals it is inside of.
    pub depth: u32,
    /// What Flink's web interface and its start-up log call it.
    pub name: &'static str,
    /// The option that sets it, where one does.
    pub option: Option<&'static str>,
    pub bytes: u64,
    /// As Flink writes it.
    pub text: String,
}

/// The managed memory of a slot, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotMemory {
    pub pages: u32,
    pub free: u32,
}

/// A TaskManager of the cluster.
pub fn task_manager(world: &World, id: TaskManagerId) -> Option<TaskManagerDetail> {
    let executor = world.executors().get(id.index())?;
    let slot = |memory: &MemoryManager| SlotMemory { pages: memory.pages(), free: memory.free() };
    Some(TaskManagerDetail {
        id,
        name: format!("TaskManager {}", id.0 + 1),
        segment_bytes: world.scenario().segment_bytes,
        memory: memory_parts(executor),
        metrics: metrics(executor, world.scenario().segment_bytes),
        slots: executor.managed_memory().iter().map(slot).collect(),
        disk: disk::disk(world, id)?,
    })
}

/// The tree that `TaskExecutorProcessUtils` logs when a TaskManager starts.
fn memory_parts(executor: &TaskExecutor) -> Vec<MemoryPart> {
    let spec = executor.memory();
    let flink = &spec.flink;
    let sum = |parts: &[MemorySize]| MemorySize::sum(parts).expect("the parts add up to a size");
    let heap = sum(&[flink.framework_heap, flink.task_heap]);
    let direct = sum(&[flink.framework_off_heap, flink.task_off_heap, flink.network]);
    let off_heap = sum(&[flink.managed, direct]);
    let flink_total = sum(&[heap, off_heap]);
    let process = sum(&[flink_total, spec.jvm_metaspace, spec.jvm_overhead]);
    let part = |depth: u32, name: &'static str, option: Option<&'static str>, size: MemorySize| MemoryPart {
        depth,
        name,
        option,
        bytes: size.bytes(),
        text: size.to_string(),
    };
    vec![
        part(0, "Total Process Memory", Some("taskmanager.memory.process.size"), process),
        part(1, "Total Flink Memory", Some("taskmanager.memory.flink.size"), flink_total),
        part(2, "Total JVM Heap Memory", None, heap),
        part(3, "Framework Heap", Some("taskmanager.memory.framework.heap.size"), flink.framework_heap),
        part(3, "Task Heap", Some("taskmanager.memory.task.heap.size"), flink.task_heap),
        part(2, "Total Off-heap Memory", None, off_heap),
        part(3, "Managed Memory", Some("taskmanager.memory.managed.size"), flink.managed),
        part(3, "Total JVM Direct Memory", None, direct),
        part(
            4,
            "Framework Off-Heap",
            Some("taskmanager.memory.framework.off-heap.size"),
            flink.framework_off_heap,
        ),
        part(4, "Task Off-Heap", Some("taskmanager.memory.task.off-heap.size"), flink.task_off_heap),
        part(4, "Network", Some("taskmanager.memory.network.min"), flink.network),
        part(1, "JVM Metaspace", Some("taskmanager.memory.jvm-metaspace.size"), spec.jvm_metaspace),
        part(1, "JVM Overhead", Some("taskmanager.memory.jvm-overhead.min"), spec.jvm_overhead),
    ]
}

/// Flink: `NettyShuffleMetricFactory`, `MetricUtils`.
fn metrics(executor: &TaskExecutor, segment_bytes: u32) -> Vec<(&'static str, f64)> {
    let pool = executor.shuffle().network_pool();
    let (total, free) = (pool.total(), pool.free());
    let used = total - free;
    let bytes = f64::from(segment_bytes);
    let managed_used: u64 = executor
        .managed_memory()
        .iter()
        .map(|slot| u64::from(slot.pages() - slot.free()) * u64::from(slot.page_bytes()))
        .sum();
    vec![
        ("Status.Shuffle.Netty.TotalMemorySegments", f64::from(total)),
        ("Status.Shuffle.Netty.TotalMemory", f64::from(total) * bytes),
        ("Status.Shuffle.Netty.UsedMemorySegments", f64::from(used)),
        ("Status.Shuffle.Netty.UsedMemory", f64::from(used) * bytes),
        ("Status.Shuffle.Netty.RequestedMemoryUsage", requested_percent(pool)),
        ("Status.Shuffle.Netty.AvailableMemorySegments", f64::from(free)),
        ("Status.Shuffle.Netty.AvailableMemory", f64::from(free) * bytes),
        ("Status.Flink.Memory.Managed.Total", executor.memory().flink.managed.bytes() as f64),
        ("Status.Flink.Memory.Managed.Used", managed_used as f64),
    ]
}

/// How much of the network's memory its pools would like to have, in per cent: what each may have at most, or, where
/// there is no limit, twice what it needs. Flink: `NetworkBufferPool#getEstimatedRequestedSegmentsUsage`.
fn requested_percent(pool: &NetworkBufferPool) -> f64 {
    let wanted = pool.pools().map(|(_, pool)| pool.limits().max.unwrap_or(2 * pool.limits().min));
    let percent = wanted.map(u64::from).sum::<u64>() * 100;
    percent.checked_div(u64::from(pool.total())).unwrap_or(0) as f64
}
