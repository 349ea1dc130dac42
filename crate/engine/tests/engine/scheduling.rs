//! Scheduling strategies: what is scheduled when, and what a task is told of producers that come after it.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ids::TaskId;
use weir_engine::cluster::ask::RpcFault;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::scheduler::options::{InputDependencyConstraint, SchedulerOptions, SchedulingMode};
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::task::pace::Speed;
use weir_engine::task::state::ExecutionState;
use weir_engine::trace::Fate;

use crate::jobs::sum_by_key;

/// Enough for any of these jobs.
const TICKS_MAX: u64 = 1_000_000;
const LAZY_ANY: SchedulingMode = SchedulingMode::LazyFromSources(InputDependencyConstraint::Any);
const LAZY_ALL: SchedulingMode = SchedulingMode::LazyFromSources(InputDependencyConstraint::All);

fn scenario(mode: SchedulingMode, seed: u64) -> Scenario {
    Scenario {
        task_managers: 2,
        slots_per_task_manager: 2,
        driver: Driver::Seeded,
        seed,
        default_speed: Speed::RecordsPerTick(5),
        scheduler: SchedulerOptions { mode, ..SchedulerOptions::default() },
        ..Scenario::small(7)
    }
}

/// Numbers from 1 to 30, and those from 31 to 60 over two more steps, summed, with parallelism 2.
fn two_ways(mode: RuntimeExecutionMode, scenario: Scenario) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let mut same = || {
        functions.map(|value| match value {
            Value::Long(_) => value.clone(),
            other => panic!("the sequence gives Longs, not {other}"),
        })
    };
    let (first, second) = (same(), same());
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_runtime_mode(mode);
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.delay", "20 ms"),
    ])?;
    let far = env.from_sequence(31, 60)?.rebalance()?.map(first).rebalance()?.map(second);
    env.from_sequence(1, 30)?
        .union(&[(*far).clone()])?
        .key_by(KeySelector::Identity)
        .sum(Field::Position(0))
        .set_parallelism(2)?
        .print(None);
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// The numbers that were printed, sorted.
fn numbers(sim: &Sim) -> Vec<i64> {
    let number = |text: &str| text.rsplit(' ').next().and_then(|number| number.parse().ok());
    let lines = sim.world().output().iter_from(0);
    let mut numbers: Vec<i64> = lines.map(|line| number(&line.text).expect("a number")).collect();
    numbers.sort_unstable();
    numbers
}

/// How often this was said, and how often in vain.
fn said(sim: &Sim, text: &str) -> (usize, usize) {
    let events = || sim.world().trace().events().iter_from(0).filter(|event| event.text.starts_with(text));
    (events().count(), events().filter(|event| event.fate == Fate::Lost).count())
}

#[test]
fn each_strategy_prints_the_same_at_any_order_of_turns() -> Result<(), ApiError> {
    for mode in [SchedulingMode::PipelinedRegion, SchedulingMode::Eager, LAZY_ANY, LAZY_ALL] {
        for seed in 0..12 {
            let what = format!("{mode:?}, seed {seed}");
            let mut sim = two_ways(RuntimeExecutionMode::Streaming, scenario(mode, seed))?;
            assert!(sim.run_to_end(TICKS_MAX), "{what} does not end");
            assert_eq!(sim.world().job_status(), JobStatus::Finished, "{what}");
            assert_eq!(numbers(&sim), (1..=60).collect::<Vec<_>>(), "{what}");
            let executors = sim.world().executors();
            assert!(executors.iter().all(|it| it.shuffle().segments_in_use() == 0), "{what} keeps segments");
            let (told, _) = said(&sim, "updatePartitions");
            assert_eq!(told > 0, mode == LAZY_ANY, "{what}: a task reads before all its producers are there");
        }
    }
    Ok(())
}

#[test]
fn a_batch_job_goes_lazily_and_cannot_go_eagerly() -> Result<(), ApiError> {
    for mode in [LAZY_ANY, LAZY_ALL] {
        for seed in 0..12 {
            let mut sim = two_ways(RuntimeExecutionMode::Batch, scenario(mode, seed))?;
            assert!(sim.run_to_end(TICKS_MAX), "{mode:?}, seed {seed} does not end");
            assert_eq!(numbers(&sim), (1..=60).collect::<Vec<_>>(), "{mode:?}, seed {seed}");
            assert_eq!(said(&sim, "updatePartitions").0 > 0, mode == LAZY_ANY, "{mode:?}, seed {seed}");
        }
    }
    let mut sim = sum_by_key(RuntimeExecutionMode::Batch, 20, 3, 2, scenario(SchedulingMode::Eager, 7))?;
    assert!(sim.run_to_end(TICKS_MAX));
    let failure = sim.world().job_master().failure().map(ToString::to_string).unwrap_or_default();
    assert!(failure.contains("an input partition whose producer is not ready"), "{failure}");
    Ok(())
}

#[test]
fn lazily_a_task_is_created_until_its_producer_has_written() -> Result<(), ApiError> {
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 40, 3, 2, scenario(LAZY_ANY, 7))?;
    let state = |sim: &Sim, task: usize| sim.world().job_master().executions()[task].state;
    let mut waited = 0;
    while state(&sim, 2) == ExecutionState::Created {
        waited += u64::from(state(&sim, 0) == ExecutionState::Running);
        sim.advance(1);
        assert!(sim.world().tick() < 1000, "it is never scheduled");
    }
    assert!(waited > 0, "it came before its source ran");
    assert!(said(&sim, "scheduleOrUpdateConsumers").0 > 0);
    assert!(sim.run_to_end(TICKS_MAX));
    let lines = sim.world().output().len();
    assert_eq!(lines, 40);
    Ok(())
}

#[test]
fn what_fails_is_scheduled_again_in_the_same_way() -> Result<(), ApiError> {
    for mode in [SchedulingMode::Eager, LAZY_ANY, LAZY_ALL] {
        for at in (10..90).step_by(7) {
            let what = format!("{mode:?}, failed at {at}");
            let mut sim = two_ways(RuntimeExecutionMode::Streaming, scenario(mode, at))?;
            sim.advance(at);
            sim.command(Command::Process(ProcessFault::FailTask(TaskId(at as u32 % 8))));
            assert!(sim.run_to_end(TICKS_MAX), "{what} does not end");
            assert_eq!(sim.world().job_status(), JobStatus::Finished, "{what}");
            let all = numbers(&sim);
            assert!((1..=60).all(|number| all.contains(&number)), "{what}: {all:?}");
        }
    }
    Ok(())
}

#[test]
fn a_lost_update_fails_the_task_and_it_starts_again() -> Result<(), ApiError> {
    let mut met = 0;
    for number in 100..160 {
        let rpc_faults = vec![RpcFault { number, delay_ticks: None }];
        let scenario = Scenario { rpc_faults, ..scenario(LAZY_ANY, 3) };
        let mut sim = two_ways(RuntimeExecutionMode::Streaming, scenario)?;
        assert!(sim.run_to_end(TICKS_MAX), "call {number}: does not end");
        let lost = sim.world().trace().events().iter_from(0).filter(|event| event.fate == Fate::Lost);
        let lost: Vec<_> = lost.map(|event| (event.tick, event.text.to_string())).collect();
        let failure = sim.world().job_master().failure();
        assert_eq!(sim.world().job_status(), JobStatus::Finished, "call {number}: {lost:?}, {failure:?}");
        let all = numbers(&sim);
        assert!((1..=60).all(|number| all.contains(&number)), "call {number}: {all:?}");
        let failures = || sim.world().job_master().history().entries();
        // Where just the acknowledgement is lost, the task may have ended before anybody misses it.
        if said(&sim, "updatePartitions").1 > 0 && sim.world().tick() > 10_000 {
            met += 1;
            let texts: Vec<String> = failures().map(|it| it.root.failure.to_string()).collect();
            assert!(texts.iter().any(|text| text.contains("Update to task [")), "call {number}: {texts:?}");
        }
    }
    assert!(met > 0, "none of these calls was meant");
    Ok(())
}
