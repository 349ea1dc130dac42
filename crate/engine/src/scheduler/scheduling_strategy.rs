//! Which tasks of a job are scheduled when, its pipelined regions, and which results nobody needs any more.
//!
//! Contract: by pipelined region, those that read no blocking result are scheduled at the start, and any other one when
//! every blocking result that it reads from other regions is complete. Eagerly, all tasks are scheduled at once. Lazily
//! from the sources, a task is when its inputs are consumable. A blocking result is let go of when all regions that read
//! it have finished. Flink: `PipelinedRegionSchedulingStrategy`, `RegionPartitionGroupReleaseStrategy`; until 1.12
//! `EagerSchedulingStrategy`, `LazyFromSourcesSchedulingStrategy`.

mod failover;
mod inputs;

use std::rc::Rc;

use super::options::SchedulingMode;
use super::plan::JobPlan;
use crate::base::ids::{PartitionId, TaskId};
use inputs::Inputs;

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
    mode: SchedulingMode,
}

/// Tasks that are scheduled together, in topological order: none is deployed before all have their slots.
pub type Bulk = Vec<TaskId>;

/// See the module.
#[derive(Clone, Debug)]
pub struct SchedulingStrategy {
    fixed: Rc<Fixed>,
    /// Of each task.
    is_scheduled: Vec<bool>,
    is_finished: Vec<bool>,
    /// What tasks wait for, if they are scheduled lazily.
    inputs: Inputs,
    /// Whether a blocking result is being written, or is there.
    is_tracked: Vec<bool>,
}

/// What follows from the end of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AfterFinish {
    /// What to schedule now.
    pub schedule: Vec<Bulk>,
    /// Blocking results to let go of, each with the task that wrote it.
    pub release: Vec<(TaskId, PartitionId)>,
}

impl SchedulingStrategy {
    /// The strategy at the start of a job.
    pub fn new(plan: &JobPlan) -> Self {
        let fixed = Fixed::new(plan);
        Self {
            is_scheduled: vec![false; plan.executions.len()],
            is_finished: vec![false; plan.executions.len()],
            inputs: if let SchedulingMode::LazyFromSources(_) = fixed.mode {
                Inputs::of(plan)
            } else {
                Inputs::default()
            },
            is_tracked: vec![false; fixed.results.len()],
            fixed: Rc::new(fixed),
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

    /// What to schedule at the start.
    pub fn start(&mut self) -> Vec<Bulk> {
        self.take_schedulable()
    }

    /// A task has finished, and with it its results are complete.
    pub fn on_finished(&mut self, task: TaskId) -> AfterFinish {
        self.is_finished[task.index()] = true;
        self.inputs.on_finished(task, &self.is_finished);
        let release = self.take_releasable(self.region_of(task));
        AfterFinish { schedule: self.take_schedulable(), release }
    }

    /// A partition has its first buffer. Answers what to schedule now. Flink: `onPartitionConsumable`.
    pub fn on_first_buffer(&mut self, partition: PartitionId) -> Vec<Bulk> {
        self.inputs.on_first_buffer(partition);
        self.take_schedulable()
    }

    /// Whether tasks are deployed that may not know yet where their producers are, and are told later. Flink:
    /// `ScheduleMode#allowLazyDeployment`.
    pub fn allows_unknown_producers(&self) -> bool {
        matches!(self.fixed.mode, SchedulingMode::LazyFromSources(_))
    }

    /// Whether what `task` reads of a partition is complete, or, where it reads while it is written, has begun.
    pub fn is_consumable(&self, task: TaskId, partition: PartitionId) -> bool {
        self.inputs.is_consumable(task, partition)
    }

    /// By region, each is a bulk of its own; else all that can be scheduled now are one.
    fn take_schedulable(&mut self) -> Vec<Bulk> {
        let mut bulks: Vec<Bulk> = vec![Vec::new()];
        let is_by_region = self.fixed.mode == SchedulingMode::PipelinedRegion;
        for region in &self.fixed.regions {
            let is_complete = region.producers.iter().all(|producer| self.is_finished[producer.index()]);
            for &task in &region.tasks {
                let is_ready = match self.fixed.mode {
                    SchedulingMode::PipelinedRegion => is_complete,
                    SchedulingMode::Eager => true,
                    SchedulingMode::LazyFromSources(constraint) => self.inputs.allow(task, constraint),
                };
                if is_ready && !self.is_scheduled[task.index()] {
                    self.is_scheduled[task.index()] = true;
                    bulks.last_mut().expect("there is one").push(task);
                }
            }
            if is_by_region {
                bulks.push(Vec::new());
            }
        }
        bulks.retain(|bulk| !bulk.is_empty());
        bulks
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
        Self { regions, region_of, results, mode: plan.scheduler.mode }
    }
}

#[cfg(test)]
mod tests;
