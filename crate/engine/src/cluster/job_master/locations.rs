//! Where a task would like to run: where its state is, else where what it reads is written.
//!
//! Flink: `DefaultPreferredLocationsRetriever`, `MergingSharedSlotProfileRetriever`,
//! `PreviousAllocationSlotSelectionStrategy`.

use super::JobMaster;
use crate::base::ids::{TaskId, TaskManagerId};
use crate::scheduler::slot_pool::{SlotPreference, SlotPreferences};
use crate::task::state::ExecutionState;

/// Producers in more places than these say nothing about where to run. Flink: `MAX_DISTINCT_LOCATIONS_TO_CONSIDER`,
/// and `MAX_DISTINCT_CONSUMERS_TO_CONSIDER` for consumers that there are for each producer.
const DISTINCT_MAX: usize = 8;

impl JobMaster {
    /// What the groups that wait for slots would like.
    pub(super) fn slot_preferences(&self) -> SlotPreferences {
        let options = self.plan.scheduler;
        let of_group = |&group: &u32| {
            let tasks = &self.slots.groups()[group as usize].tasks;
            let waiting: Vec<TaskId> = tasks
                .iter()
                .copied()
                .filter(|task| self.executions[task.index()].state == ExecutionState::Scheduled)
                .collect();
            let before = || waiting.iter().find_map(|task| self.executions[task.index()].slot);
            let slot = if options.local_recovery { before() } else { None };
            let near = waiting.iter().flat_map(|&task| self.preferred_locations(task)).collect();
            SlotPreference { slot, near }
        };
        SlotPreferences {
            groups: self.slots.waiting().map(|group| (*group, of_group(group))).collect(),
            load_balance: options.load_balance,
        }
    }

    fn preferred_locations(&self, task: TaskId) -> Vec<TaskManagerId> {
        let before = self.executions[task.index()].slot;
        if let (Some(slot), true) = (before, self.task_restore(task).is_some()) {
            return vec![slot.task_manager];
        }
        let mut preferred: Vec<TaskManagerId> = Vec::new();
        for gate in &self.plan.executions[task.index()].gates {
            let producers = gate.channels.iter().map(|channel| self.plan.channels[channel.index()].from);
            let consumers = self.plan.vertex_of(task).parallelism as usize;
            if consumers > DISTINCT_MAX * gate.channels.len() {
                continue;
            }
            let mut locations: Vec<TaskManagerId> = Vec::new();
            for producer in producers {
                let execution = &self.executions[producer.index()];
                let is_placed = execution.state >= ExecutionState::Deploying;
                if let (Some(slot), true) = (execution.slot, is_placed)
                    && !locations.contains(&slot.task_manager)
                {
                    locations.push(slot.task_manager);
                }
            }
            // The fewer places, the more one of them is worth.
            let is_better = preferred.is_empty() || locations.len() < preferred.len();
            if is_better && (1..=DISTINCT_MAX).contains(&locations.len()) {
                preferred = locations;
            }
        }
        preferred
    }
}
