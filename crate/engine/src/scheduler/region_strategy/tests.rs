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

fn regions(numbers: &[u32]) -> Vec<RegionIdx> {
    numbers.iter().map(|&number| RegionIdx(number)).collect()
}

#[test]
fn a_streaming_job_starts_at_once() -> Result<(), ApiError> {
    let mut strategy = PipelinedRegionSchedulingStrategy::new(&plan(RuntimeExecutionMode::Streaming)?);
    assert_eq!(strategy.start(), regions(&[0]));
    assert_eq!(strategy.tasks(RegionIdx(0)), [TaskId(0), TaskId(1), TaskId(2), TaskId(3)]);
    for task in 0..4 {
        assert_eq!(strategy.on_finished(TaskId(task)), AfterFinish::default());
    }
    Ok(())
}

#[test]
fn a_region_waits_for_all_producers_of_its_group() -> Result<(), ApiError> {
    let mut strategy = PipelinedRegionSchedulingStrategy::new(&plan(RuntimeExecutionMode::Batch)?);
    assert_eq!(strategy.start(), regions(&[0, 1]));
    assert_eq!(strategy.on_finished(TaskId(1)), AfterFinish::default(), "subtask 0 still writes");
    assert_eq!(strategy.on_finished(TaskId(0)).schedule, regions(&[2, 3]));
    assert_eq!(strategy.on_finished(TaskId(2)).release, [], "the other reader still needs both");
    let released = strategy.on_finished(TaskId(3)).release;
    assert_eq!(released, [(TaskId(0), PartitionId(0)), (TaskId(1), PartitionId(1))]);
    Ok(())
}
