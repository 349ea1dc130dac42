//! Which subtasks share a slot. Flink: `LocalInputPreferredSlotSharingStrategy`.

use std::rc::Rc;

use super::plan::{JobPlan, PlannedExecution};
use crate::base::ids::{TaskId, VertexIdx};

/// Subtasks that run in one slot: at most one of each vertex.
#[derive(Clone, Debug)]
pub struct ExecutionSlotSharingGroup {
    /// The slot sharing group that they all belong to.
    pub slot_sharing_group: Rc<str>,
    pub tasks: Vec<TaskId>,
}

/// Groups the subtasks of a job: vertices in topological order, subtasks in theirs; each joins the group of those that it
/// is to be with (Flink: `CoLocationConstraint`), else the first group of one of its producers that has room for its
/// vertex, else the first group with room, else a new one.
pub fn share_slots(plan: &JobPlan) -> Vec<ExecutionSlotSharingGroup> {
    let mut groups: Vec<ExecutionSlotSharingGroup> = Vec::new();
    let mut group_of: Vec<usize> = Vec::with_capacity(plan.executions.len());
    for (task, execution) in (0..).map(TaskId).zip(&plan.executions) {
        let sharing = &plan.vertices[execution.vertex.index()].slot_sharing_group;
        let has_room = |group: &ExecutionSlotSharingGroup| {
            group.slot_sharing_group == *sharing && !holds_vertex(plan, group, execution.vertex)
        };
        let key = |vertex: VertexIdx| plan.vertices[vertex.index()].co_location_group.as_ref();
        let is_with = |other: &PlannedExecution| {
            key(execution.vertex).is_some()
                && key(other.vertex) == key(execution.vertex)
                && other.subtask_idx == execution.subtask_idx
        };
        let earlier = plan.executions[..task.index()].iter().position(is_with);
        let co_located = earlier.map(|other| group_of[other]);
        let of_producer = plan
            .producers_of(task)
            .into_iter()
            .map(|producer| group_of[producer.index()])
            .find(|&group| has_room(&groups[group]));
        let place =
            co_located.or(of_producer).or_else(|| groups.iter().position(has_room)).unwrap_or_else(|| {
                let slot_sharing_group = Rc::clone(sharing);
                groups.push(ExecutionSlotSharingGroup { slot_sharing_group, tasks: Vec::new() });
                groups.len() - 1
            });
        groups[place].tasks.push(task);
        group_of.push(place);
    }
    groups
}

fn holds_vertex(plan: &JobPlan, group: &ExecutionSlotSharingGroup, vertex: VertexIdx) -> bool {
    group.tasks.iter().any(|task| plan.executions[task.index()].vertex == vertex)
}
