//! The strategy over small jobs.

use super::*;
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::compiled::compile;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{Field, KeySelector};
use crate::graph::transformation::RuntimeExecutionMode;
use crate::task::pace::Speed;

/// `fromSequence → keyBy → sum → print` with parallelism 2: source 0, 1, sum and print 2, 3.
fn plan(mode: RuntimeExecutionMode) -> Result<JobPlan, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_runtime_mode(mode);
    env.from_sequence(1, 10)?.key_by(KeySelector::Identity).sum(Field::Position(0)).print(None);
    let job = compile(&env.job()?)?;
    Ok(JobPlan::new(&job.job_graph, &job.execution_graph, |_| Speed::RecordsPerTick(1)))
}

fn bulks(bulks: &[&[u32]]) -> Vec<Bulk> {
    bulks.iter().map(|bulk| bulk.iter().map(|&task| TaskId(task)).collect()).collect()
}

fn strategy(mode: RuntimeExecutionMode, scheduling: SchedulingMode) -> Result<SchedulingStrategy, ApiError> {
    let mut plan = plan(mode)?;
    plan.scheduler.mode = scheduling;
    Ok(SchedulingStrategy::new(&plan))
}

#[test]
fn a_streaming_job_starts_at_once() -> Result<(), ApiError> {
    let mut strategy = SchedulingStrategy::new(&plan(RuntimeExecutionMode::Streaming)?);
    assert_eq!(strategy.start(), bulks(&[&[0, 1, 2, 3]]));
    for task in 0..4 {
        assert_eq!(strategy.on_finished(TaskId(task)), AfterFinish::default());
    }
    Ok(())
}

#[test]
fn a_region_waits_for_all_producers_of_its_group() -> Result<(), ApiError> {
    let mut strategy = SchedulingStrategy::new(&plan(RuntimeExecutionMode::Batch)?);
    assert_eq!(strategy.start(), bulks(&[&[0], &[1]]));
    (0..4).for_each(|task| strategy.start_tracking(TaskId(task)));
    assert_eq!(strategy.on_finished(TaskId(1)), AfterFinish::default(), "subtask 0 still writes");
    assert_eq!(strategy.on_finished(TaskId(0)).schedule, bulks(&[&[2], &[3]]));
    assert_eq!(strategy.on_finished(TaskId(2)).release, [], "the other reader still needs both");
    let released = strategy.on_finished(TaskId(3)).release;
    assert_eq!(released, [(TaskId(0), PartitionId(0)), (TaskId(1), PartitionId(1))]);
    Ok(())
}

#[test]
fn a_failure_restarts_who_wrote_what_is_lost_and_who_reads_what_is_written_anew() -> Result<(), ApiError> {
    let streaming = SchedulingStrategy::new(&plan(RuntimeExecutionMode::Streaming)?);
    let ids = |tasks: &[u32]| tasks.iter().map(|&task| TaskId(task)).collect::<Vec<_>>();
    assert_eq!(streaming.tasks_to_restart(TaskId(3), None), ids(&[0, 1, 2, 3]));
    let mut batch = SchedulingStrategy::new(&plan(RuntimeExecutionMode::Batch)?);
    batch.start();
    assert_eq!(batch.tasks_to_restart(TaskId(0), None), ids(&[0, 1, 2, 3]), "nothing is written yet");
    for task in ids(&[0, 1]) {
        batch.start_tracking(task);
        batch.on_finished(task);
    }
    assert_eq!(batch.tasks_to_restart(TaskId(3), None), ids(&[3]), "what it reads is there");
    assert_eq!(batch.tasks_to_restart(TaskId(0), None), ids(&[0, 2, 3]));
    let unread = Some(PartitionId(1).of_attempt(4));
    assert_eq!(batch.tasks_to_restart(TaskId(3), unread), ids(&[1, 2, 3]));
    assert_eq!(batch.stop_tracking(|task| task == TaskId(0)), [(TaskId(0), PartitionId(0))]);
    assert_eq!(batch.tasks_to_restart(TaskId(3), None), ids(&[0, 2, 3]));
    batch.suspend(&ids(&[0, 2, 3]));
    let (scheduled, released) = batch.restart(&ids(&[0, 2, 3]));
    assert_eq!((scheduled, released), (bulks(&[&[0]]), Vec::new()));
    assert_eq!(batch.on_finished(TaskId(0)).schedule, bulks(&[&[2], &[3]]));
    Ok(())
}

#[test]
fn eagerly_all_tasks_are_scheduled_at_once() -> Result<(), ApiError> {
    let mut strategy = strategy(RuntimeExecutionMode::Batch, SchedulingMode::Eager)?;
    assert_eq!(strategy.start(), bulks(&[&[0, 1, 2, 3]]));
    assert_eq!(strategy.on_finished(TaskId(0)).schedule, bulks(&[]));
    let failed = [TaskId(1), TaskId(3)];
    strategy.suspend(&failed);
    assert_eq!(strategy.restart(&failed).0, bulks(&[&[1, 3]]));
    Ok(())
}

#[test]
fn lazily_a_task_is_scheduled_when_one_input_has_come_or_all_have() -> Result<(), ApiError> {
    use crate::scheduler::options::InputDependencyConstraint::{All, Any};
    for (constraint, after_first, after_second) in
        [(Any, bulks(&[&[2, 3]]), bulks(&[])), (All, bulks(&[]), bulks(&[&[2, 3]]))]
    {
        let lazy = SchedulingMode::LazyFromSources(constraint);
        let mut streaming = strategy(RuntimeExecutionMode::Streaming, lazy)?;
        assert_eq!(streaming.start(), bulks(&[&[0, 1]]));
        assert!(!streaming.is_consumable(TaskId(2), PartitionId(0)));
        assert_eq!(streaming.on_first_buffer(PartitionId(0)), after_first);
        assert!(streaming.is_consumable(TaskId(2), PartitionId(0)));
        assert_eq!(streaming.on_first_buffer(PartitionId(1)), after_second);
        let all = streaming.all_tasks();
        streaming.suspend(&all);
        assert_eq!(streaming.on_first_buffer(PartitionId(0)), bulks(&[]), "it is about to start again");
        assert_eq!(streaming.restart(&all).0, bulks(&[&[0, 1]]), "what was written before does not count");
        let mut batch = strategy(RuntimeExecutionMode::Batch, lazy)?;
        assert_eq!(batch.start(), bulks(&[&[0, 1]]));
        assert_eq!(batch.on_finished(TaskId(1)).schedule, bulks(&[]), "the result is of both");
        assert_eq!(batch.on_finished(TaskId(0)).schedule, bulks(&[&[2, 3]]));
    }
    Ok(())
}
