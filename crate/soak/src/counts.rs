//! What the soak has seen: how much ran, and that what it is there to meet was met.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use weir_engine::base::ids::{PartitionId, TaskId};
use weir_engine::sim::world::World;

/// Totals over jobs.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub jobs: u64,
    pub finished: u64,
    pub cancelled: u64,
    pub failed: u64,
    /// Records that tasks took from their inputs or sources.
    pub records: u64,
    /// Buffers that partitions filled, and bytes in them.
    pub buffers: u64,
    pub bytes: u64,
    /// Buffers seen in a queue whose last record goes on in the next one.
    pub spanned: u64,
    pub ticks: u64,
    /// How often a task began to wait for room before its next record.
    pub soft: u64,
    /// Jobs that were stepped back and run again.
    pub returned: u64,
    /// Hashes of the shapes of job and cluster.
    pub shapes: BTreeSet<u64>,
}

impl Counts {
    /// Takes in another total.
    pub fn add(&mut self, mut other: Self) {
        self.jobs += other.jobs;
        self.finished += other.finished;
        self.cancelled += other.cancelled;
        self.failed += other.failed;
        self.records += other.records;
        self.buffers += other.buffers;
        self.bytes += other.bytes;
        self.spanned += other.spanned;
        self.ticks += other.ticks;
        self.soft += other.soft;
        self.returned += other.returned;
        self.shapes.append(&mut other.shapes);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { jobs, finished, cancelled, failed, .. } = self;
        writeln!(
            f,
            "jobs                      {jobs} ({finished} finished, {cancelled} cancelled, {failed} failed as they must)"
        )?;
        for (what, count) in [
            ("distinct shapes", self.shapes.len() as u64),
            ("run again from a snapshot", self.returned),
            ("ticks", self.ticks),
            ("records", self.records),
            ("buffers", self.buffers),
            ("  with bytes", self.bytes),
            ("  ending inside a record", self.spanned),
            ("soft back-pressure", self.soft),
        ] {
            writeln!(f, "{what:25} {count}")?;
        }
        Ok(())
    }
}

/// Looks at a run at the start of each tick, and counts.
#[derive(Debug, Default)]
pub struct Observer {
    waiting: BTreeMap<TaskId, bool>,
    partitions: BTreeMap<PartitionId, Seen>,
    soft: u64,
}

/// What was seen of one result partition.
#[derive(Debug, Default)]
struct Seen {
    buffers: u64,
    bytes: u64,
    spanned: u64,
    /// The last buffer of each subpartition that was looked at.
    last: BTreeMap<usize, u32>,
}

impl Observer {
    /// A tick begins.
    pub fn look(&mut self, world: &World) {
        for executor in world.executors() {
            for task in executor.tasks() {
                let Some(chain) = task.chain().filter(|_| !task.state().is_terminal()) else { continue };
                let waits = !chain.outputs().is_available(executor.shuffle());
                let before = self.waiting.entry(task.descriptor().task).or_default();
                self.soft += u64::from(waits && !*before);
                *before = waits;
                for &idx in task.partitions() {
                    let Some(partition) = executor.shuffle().partition(idx) else { continue };
                    let seen = self.partitions.entry(partition.id()).or_default();
                    (seen.bytes, seen.buffers) = partition.counters();
                    for (number, subpartition) in partition.subpartitions().iter().enumerate() {
                        let last = seen.last.entry(number).or_default();
                        for buffer in subpartition.buffers() {
                            let is_new = buffer.is_finished() && buffer.id().0 >= *last;
                            seen.spanned += u64::from(is_new && buffer.ends_in_record());
                            *last = if is_new { buffer.id().0 + 1 } else { *last };
                        }
                    }
                }
            }
        }
    }

    /// Adds what was seen to the totals.
    pub fn count_into(&self, counts: &mut Counts) {
        counts.soft += self.soft;
        for seen in self.partitions.values() {
            counts.buffers += seen.buffers;
            counts.bytes += seen.bytes;
            counts.spanned += seen.spanned;
        }
    }
}
