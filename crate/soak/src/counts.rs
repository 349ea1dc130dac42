//! What the soak has seen: how much ran, and that what it is there to meet was met.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use weir_engine::base::ids::{PartitionId, TaskId};
use weir_engine::network::partition::ResultPartition;
use weir_engine::network::shuffle::ShuffleEnvironment;
use weir_engine::sim::world::World;
use weir_engine::task::chain::OperatorChain;
use weir_engine::task::stream_task::StreamTask;

use crate::Tally;

/// Totals over jobs.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub jobs: u64,
    pub finished: u64,
    pub cancelled: u64,
    pub failed: u64,
    /// Jobs that stood still because overdraft took what was promised to others, and were cancelled then.
    pub starved: u64,
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
    /// How often a task began to wait for a buffer with a record in hand.
    pub hard: u64,
    /// Jobs that ran stage after stage.
    pub batch: u64,
    /// Files that they wrote results to, and sorted runs beside them.
    pub files: u64,
    pub runs: u64,
    /// Jobs with windows of event time.
    pub with_windows: u64,
    /// Jobs whose links were slow or cut for a while.
    pub links_broken: u64,
    /// Jobs that were stepped back and run again.
    pub returned: u64,
    /// Hashes of the shapes of job and cluster.
    pub shapes: BTreeSet<u64>,
}

impl Tally for Counts {
    fn add(&mut self, mut other: Self) {
        self.jobs += other.jobs;
        self.finished += other.finished;
        self.cancelled += other.cancelled;
        self.failed += other.failed;
        self.starved += other.starved;
        self.records += other.records;
        self.buffers += other.buffers;
        self.bytes += other.bytes;
        self.spanned += other.spanned;
        self.ticks += other.ticks;
        self.soft += other.soft;
        self.hard += other.hard;
        self.batch += other.batch;
        self.files += other.files;
        self.runs += other.runs;
        self.with_windows += other.with_windows;
        self.links_broken += other.links_broken;
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
            ("  starved by overdraft", self.starved),
            ("distinct shapes", self.shapes.len() as u64),
            ("in batch", self.batch),
            ("  files of results", self.files),
            ("  sorted runs on the disk", self.runs),
            ("with windows", self.with_windows),
            ("with broken links", self.links_broken),
            ("run again from a snapshot", self.returned),
            ("ticks", self.ticks),
            ("records", self.records),
            ("buffers", self.buffers),
            ("  with bytes", self.bytes),
            ("  ending inside a record", self.spanned),
            ("soft back-pressure", self.soft),
            ("hard back-pressure", self.hard),
        ] {
            writeln!(f, "{what:25} {count}")?;
        }
        Ok(())
    }
}

/// Looks at a run at the start of each tick, and counts.
#[derive(Debug, Default)]
pub struct Observer {
    waiting: BTreeMap<TaskId, Waiting>,
    /// The last buffer of each subpartition that was looked at.
    last_seen: BTreeMap<(PartitionId, usize), u32>,
    /// Sorted runs that a task has written.
    runs: BTreeMap<TaskId, u32>,
    spanned: u64,
    soft: u64,
    hard: u64,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    for_room: bool,
    for_a_buffer: bool,
}

impl Observer {
    /// A tick begins.
    pub fn look(&mut self, world: &World) {
        for executor in world.executors() {
            for task in executor.tasks().iter().filter(|task| !task.state().is_terminal()) {
                self.look_at_outputs(task, executor.shuffle());
                if let Some(sorting) = task.sorting() {
                    let runs = sorting.states().map(|(_, state)| state.runs).sum();
                    self.runs.insert(task.descriptor().task, runs);
                }
                for partition in task.partitions().iter().filter_map(|&idx| executor.shuffle().partition(idx))
                {
                    self.look_at_buffers(partition);
                }
            }
        }
    }

    fn look_at_outputs(&mut self, task: &StreamTask, shuffle: &ShuffleEnvironment) {
        let Some(outputs) = task.chain().map(OperatorChain::outputs) else { return };
        let now = Waiting { for_room: !outputs.is_available(shuffle), for_a_buffer: outputs.is_blocked() };
        let before = self.waiting.entry(task.descriptor().task).or_default();
        self.soft += u64::from(now.for_room && !before.for_room);
        self.hard += u64::from(now.for_a_buffer && !before.for_a_buffer);
        *before = now;
    }

    fn look_at_buffers(&mut self, partition: &ResultPartition) {
        for (number, subpartition) in partition.subpartitions().iter().enumerate() {
            let last = self.last_seen.entry((partition.id(), number)).or_default();
            for buffer in subpartition.buffers().filter(|buffer| buffer.is_finished()) {
                let is_new = buffer.id().0 >= *last;
                self.spanned += u64::from(is_new && buffer.ends_in_record());
                *last = if is_new { buffer.id().0 + 1 } else { *last };
            }
        }
    }

    /// Adds what was seen, and what the world counted itself, to the totals.
    pub fn count_into(&self, world: &World, counts: &mut Counts) {
        counts.soft += self.soft;
        counts.hard += self.hard;
        counts.spanned += self.spanned;
        counts.ticks += world.tick();
        let runs: u64 = self.runs.values().copied().map(u64::from).sum();
        let files = world.executors().iter().map(|executor| executor.shuffle().disk().created());
        counts.runs += runs;
        counts.files += files.map(u64::from).sum::<u64>().saturating_sub(runs);
        for executor in world.executors() {
            for task in executor.tasks() {
                counts.records += task.records_in();
                for &partition in task.partitions() {
                    let (bytes, buffers) = executor.shuffle().counters(partition);
                    counts.bytes += bytes;
                    counts.buffers += buffers;
                }
            }
        }
    }
}
