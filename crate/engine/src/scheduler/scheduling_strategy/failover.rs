//! Which tasks start again when one has failed.
//!
//! Contract: the failed task's region; the regions that wrote what a region of these reads and what is not there
//! any more; all regions that read what a region of these writes; and so on. Flink:
//! `RestartPipelinedRegionFailoverStrategy`, `RegionFailoverResultPartitionAvailabilityChecker`.

use super::{Bulk, RegionIdx, SchedulingStrategy};
use crate::base::ids::{PartitionId, TaskId};
use crate::base::sort;

impl SchedulingStrategy {
    /// The tasks to restart, by their ids; `unread` is the result that the failed task could not read.
    pub fn tasks_to_restart(&self, failed: TaskId, unread: Option<PartitionId>) -> Vec<TaskId> {
        let mut regions = vec![self.region_of(failed)];
        let mut next = 0;
        while let Some(&region) = regions.get(next) {
            next += 1;
            for (number, result) in self.fixed.results.iter().enumerate() {
                let producer = self.region_of(result.producer);
                let is_lost = !self.is_tracked[number]
                    || unread.is_some_and(|unread| unread.index() == result.partition.index());
                if producer != region && result.consumers.contains(&region) && is_lost {
                    note(&mut regions, producer);
                }
                if producer == region {
                    result.consumers.iter().for_each(|&consumer| note(&mut regions, consumer));
                }
            }
        }
        let mut tasks: Vec<TaskId> = regions.iter().flat_map(|&region| self.tasks(region)).copied().collect();
        sort::sort(&mut tasks);
        tasks
    }

    /// All tasks of the job, by their ids.
    pub fn all_tasks(&self) -> Vec<TaskId> {
        (0..self.is_finished.len() as u32).map(TaskId).collect()
    }

    /// These tasks are about to be cancelled and to start again: until then they are not scheduled.
    pub fn suspend(&mut self, tasks: &[TaskId]) {
        for task in tasks {
            self.is_scheduled[task.index()] = true;
        }
    }

    /// New attempts of these tasks, all of their regions, are to run. Answers what to schedule now, and the results of
    /// the attempts before that are to be let go of. Flink: `SchedulingStrategy#restartTasks`.
    pub fn restart(&mut self, tasks: &[TaskId]) -> (Vec<Bulk>, Vec<(TaskId, PartitionId)>) {
        let mut released = Vec::new();
        for &task in tasks {
            self.is_scheduled[task.index()] = false;
            self.is_finished[task.index()] = false;
            self.inputs.forget(task);
            released.extend(self.stop_tracking(|producer| producer == task));
        }
        (self.take_schedulable(), released)
    }

    /// What these tasks write is written anew. Flink: `JobMasterPartitionTracker#startTrackingPartition`.
    pub fn start_tracking(&mut self, task: TaskId) {
        for (result, is_tracked) in self.fixed.results.iter().zip(&mut self.is_tracked) {
            *is_tracked |= result.producer == task;
        }
    }

    /// What these tasks wrote is gone, or is to go: answers what was still there. Flink:
    /// `JobMasterPartitionTracker#stopTrackingPartitions`.
    pub fn stop_tracking(&mut self, of: impl Fn(TaskId) -> bool) -> Vec<(TaskId, PartitionId)> {
        let mut stopped = Vec::new();
        for (result, is_tracked) in self.fixed.results.iter().zip(&mut self.is_tracked) {
            if *is_tracked && of(result.producer) {
                *is_tracked = false;
                stopped.push((result.producer, result.partition));
            }
        }
        stopped
    }
}

fn note(regions: &mut Vec<RegionIdx>, region: RegionIdx) {
    if !regions.contains(&region) {
        regions.push(region);
    }
}
