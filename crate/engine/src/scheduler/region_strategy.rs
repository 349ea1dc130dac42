//! Which pipelined regions of a job are scheduled when, and which results nobody needs any more.
//!
//! Contract: regions that read no blocking result are scheduled at the start; any other one when every blocking
//! result that it reads from other regions is complete. A blocking result is let go of when all regions that
//! read it have finished. Flink: `PipelinedRegionSchedulingStrategy`, `RegionPartitionGroupReleaseStrategy`.

mod failover;

use std::rc::Rc;

use super::plan::JobPlan;
use crate::base::ids::{PartitionId, TaskId};

/// A region's place among the regions of its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegionIdx(pub u32);

/// A pipelined region and what lies before and after it.
#[derive(Clone, Debug)]
struct Region {
    /// In topological order.
    tasks: Vec<TaskId>,
    /// Tasks of other regions whose results it reads when they are complete, each once.
    producers: Vec<TaskId>,
}

/// A blocking result: who writes it, which regions read it.
#[derive(Clone, Debug)]
struct BlockingResult {
    partition: PartitionId,
    producer: TaskId,
    consumers: Vec<RegionIdx>,
}

/// What of a job stays the same while it runs.
#[derive(Debug)]
struct Fixed {
    regions: Vec<Region>,
    region_of: Vec<RegionIdx>,
    results: Vec<BlockingResult>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct PipelinedRegionSchedulingStrategy {
    fixed: Rc<Fixed>,
    is_scheduled: Vec<bool>,
    is_finished: Vec<bool>,
    /// Whether a blocking result is being written, or is there.
    is_tracked: Vec<bool>,
}

/// What follows from the end of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AfterFinish {
    /// Regions to schedule now, in topological order.
    pub schedule: Vec<RegionIdx>,
    /// Blocking results to let go of, each with the task that wrote it.
    pub release: Vec<(TaskId, PartitionId)>,
}

impl PipelinedRegionSchedulingStrategy {
    /// The strategy at the start of a job.
    pub fn new(plan: &JobPlan) -> Self {
        let regions = Fixed::new(plan);
        Self {
            is_scheduled: vec![false; regions.regions.len()],
            is_finished: vec![false; plan.executions.len()],
            is_tracked: vec![false; regions.results.len()],
            fixed: Rc::new(regions),
        }
    }

    /// Number of regions.
    pub fn len(&self) -> usize {
        self.fixed.regions.len()
    }

    /// Whether the job has no task.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tasks of a region in topological order.
    pub fn tasks(&self, region: RegionIdx) -> &[TaskId] {
        &self.fixed.regions[region.0 as usize].tasks
    }

    /// The region of a task.
    pub fn region_of(&self, task: TaskId) -> RegionIdx {
        self.fixed.region_of[task.index()]
    }

    /// The regions to schedule at the start.
    pub fn start(&mut self) -> Vec<RegionIdx> {
        self.take_schedulable()
    }

    /// A task has finished, and with it its results are complete.
    pub fn on_finished(&mut self, task: TaskId) -> AfterFinish {
        self.is_finished[task.index()] = true;
        let release = self.take_releasable(self.region_of(task));
        AfterFinish { schedule: self.take_schedulable(), release }
    }

    fn take_schedulable(&mut self) -> Vec<RegionIdx> {
        let mut schedulable = Vec::new();
        for (number, region) in (0..).map(RegionIdx).zip(&self.fixed.regions) {
            let is_scheduled = &mut self.is_scheduled[number.0 as usize];
            if !*is_scheduled && region.producers.iter().all(|producer| self.is_finished[producer.index()]) {
                *is_scheduled = true;
                schedulable.push(number);
            }
        }
        schedulable
    }

    /// Results that `finished` read and nobody needs any more.
    fn take_releasable(&mut self, finished: RegionIdx) -> Vec<(TaskId, PartitionId)> {
        let fixed = Rc::clone(&self.fixed);
        let has_finished = |region: &RegionIdx| {
            fixed.regions[region.0 as usize].tasks.iter().all(|task| self.is_finished[task.index()])
        };
        let mut released = Vec::new();
        for (result, is_tracked) in fixed.results.iter().zip(&mut self.is_tracked) {
            let is_read = result.consumers.contains(&finished);
            if is_read && *is_tracked && result.consumers.iter().all(has_finished) {
                *is_tracked = false;
                released.push((result.producer, result.partition));
            }
        }
        released
    }
}

impl Fixed {
    fn new(plan: &JobPlan) -> Self {
        let mut region_of = vec![RegionIdx(0); plan.executions.len()];
        for (number, tasks) in (0..).map(RegionIdx).zip(&plan.regions) {
            for task in tasks {
                region_of[task.index()] = number;
            }
        }
        let mut regions: Vec<Region> =
            plan.regions.iter().map(|tasks| Region { tasks: tasks.clone(), producers: Vec::new() }).collect();
        let mut results: Vec<BlockingResult> = Vec::new();
        for channel in &plan.channels {
            if channel.result_type.can_be_pipelined_consumed() {
                continue;
            }
            let reader = region_of[channel.to.index()];
            let producers = &mut regions[reader.0 as usize].producers;
            if region_of[channel.from.index()] != reader && !producers.contains(&channel.from) {
                producers.push(channel.from);
            }
            match results.iter_mut().find(|result| result.partition == channel.partition) {
                Some(result) if result.consumers.contains(&reader) => {}
                Some(result) => result.consumers.push(reader),
                None => results.push(BlockingResult {
                    partition: channel.partition,
                    producer: channel.from,
                    consumers: vec![reader],
                }),
            }
        }
        Self { regions, region_of, results }
    }
}

#[cfg(test)]
mod tests;
