//! Which tasks start a checkpoint, which must answer, and which hear that it is complete.
//!
//! Contract: a function of the job's shape and of what its tasks do now. Flink: `DefaultCheckpointPlanCalculator`,
//! `DefaultCheckpointPlan`.

use super::topology::{CheckpointTopology, CheckpointVertex, TaskActivity};
use crate::base::ids::{TaskId, VertexIdx};
use crate::checkpoint::failure_reason::CheckpointFailureReason;

/// See the module. All in the order of task ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointPlan {
    /// Who gets the trigger: sources, and tasks all of whose producers have finished.
    pub trigger: Vec<TaskId>,
    /// Who must acknowledge, and hears how it ended.
    pub wait: Vec<TaskId>,
    /// Who had finished when it began.
    pub finished: Vec<TaskId>,
    /// Vertices all of whose tasks had.
    pub fully_finished: Vec<VertexIdx>,
}

/// The plan of a checkpoint that begins now, or why none can.
pub fn calculate(
    topology: &CheckpointTopology,
    activity: &[TaskActivity],
    after_tasks_finish: bool,
) -> Result<CheckpointPlan, CheckpointFailureReason> {
    let is = |task: TaskId, what| activity[task.index()] == what;
    let has_finished_tasks = activity.contains(&TaskActivity::Finished);
    let is_refused = has_finished_tasks && !after_tasks_finish;
    if is_refused || activity.contains(&TaskActivity::NotRunning) {
        return Err(CheckpointFailureReason::NotAllRequiredTasksRunning);
    }
    let runs = |vertex: &CheckpointVertex| vertex.tasks().any(|task| is(task, TaskActivity::Running));
    if topology.vertices.iter().any(|vertex| vertex.is_any_output_blocking && runs(vertex)) {
        return Err(CheckpointFailureReason::BlockingOutputExist);
    }
    let of = |what| topology.task_ids().filter(|&task| is(task, what)).collect::<Vec<TaskId>>();
    let wait = of(TaskActivity::Running);
    // Between two tasks of an ALL_TO_ALL edge the producers of one are those of all: one rule serves both patterns.
    let starts = |task: &TaskId| {
        let producers = &topology.tasks[task.index()].producers;
        producers.iter().all(|&producer| is(producer, TaskActivity::Finished))
    };
    let trigger = wait.iter().copied().filter(starts).collect();
    let is_over = |vertex: VertexIdx| {
        topology.vertices[vertex.index()].tasks().all(|task| is(task, TaskActivity::Finished))
    };
    let fully_finished =
        (0..topology.vertices.len() as u32).map(VertexIdx).filter(|&vertex| is_over(vertex)).collect();
    Ok(CheckpointPlan { trigger, wait, finished: of(TaskActivity::Finished), fully_finished })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::coordinator::tests::topology;
    use TaskActivity::{Finished, NotRunning, Running};

    /// Two sources, two maps one to one behind them, one sink behind all.
    fn plan(activity: [TaskActivity; 5]) -> Result<CheckpointPlan, CheckpointFailureReason> {
        calculate(&topology(), &activity, true)
    }

    fn ids(tasks: &[TaskId]) -> Vec<u32> {
        tasks.iter().map(|task| task.0).collect()
    }

    #[test]
    fn none_begins_while_an_input_is_sorted() {
        let mut topology = topology();
        topology.vertices[1].is_any_output_blocking = true;
        let refused = |activity: [TaskActivity; 5]| calculate(&topology, &activity, true).err();
        assert_eq!(refused([Running; 5]), Some(CheckpointFailureReason::BlockingOutputExist));
        assert_eq!(refused([Finished, Finished, Finished, Finished, Running]), None);
    }

    #[test]
    fn sources_start_and_all_answer() {
        let plan = plan([Running; 5]).expect("all run");
        assert_eq!((ids(&plan.trigger), ids(&plan.wait)), (vec![0, 1], vec![0, 1, 2, 3, 4]));
        assert!(plan.finished.is_empty() && plan.fully_finished.is_empty());
    }

    #[test]
    fn a_task_without_running_producers_starts_itself() {
        let plan_of = |activity| {
            let plan = plan(activity).expect("none is missing");
            (ids(&plan.trigger), ids(&plan.wait), ids(&plan.finished), plan.fully_finished)
        };
        let one_source = plan_of([Finished, Running, Running, Running, Running]);
        assert_eq!(one_source, (vec![1, 2], vec![1, 2, 3, 4], vec![0], vec![]));
        let all_sources = plan_of([Finished, Finished, Finished, Running, Running]);
        assert_eq!(all_sources, (vec![3], vec![3, 4], vec![0, 1, 2], vec![VertexIdx(0)]));
        let sink_alone = plan_of([Finished, Finished, Finished, Finished, Running]);
        assert_eq!(sink_alone, (vec![4], vec![4], vec![0, 1, 2, 3], vec![VertexIdx(0), VertexIdx(1)]));
    }

    #[test]
    fn whoever_does_not_run_yet_stops_all() {
        let reason = Err(CheckpointFailureReason::NotAllRequiredTasksRunning);
        assert_eq!(plan([Running, Running, Running, Running, NotRunning]), reason);
        assert_eq!(plan([NotRunning, Finished, Finished, Finished, Finished]), reason);
        let finished = [Finished, Running, Running, Running, Running];
        assert_eq!(calculate(&topology(), &finished, false), reason);
    }
}
