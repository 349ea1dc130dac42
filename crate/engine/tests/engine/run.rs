//! Whole runs: what is printed, that they repeat, and that going back and forth changes nothing.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::{DataStream, StreamExecutionEnvironment};
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector, SinkSpec};
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::history::StepUnit;
use weir_engine::task::pace::Speed;

use crate::jobs::{cluster, sum_by_key};

/// Enough for any of these jobs.
const TICKS_MAX: u64 = 1_000_000;

fn lines(sim: &Sim) -> Vec<String> {
    let mut lines: Vec<String> =
        sim.world().output().iter_from(0).map(|line| line.text.to_string()).collect();
    lines.sort();
    lines
}

/// All that a moment is told apart by.
fn moment(sim: &Sim) -> (u64, u32, u64, usize) {
    let world = sim.world();
    (world.tick(), world.turn_number(), world.trace().hash(), world.output().len())
}

/// The greatest sum of each key is its last one: what a correct run ends with.
fn check_sums(sim: &Sim, n: i64, keys: i64) {
    for key in 0..keys {
        let sum: i64 = (1..=n).filter(|x| x % keys == key).sum();
        let last = format!("({key},{sum})");
        assert!(lines(sim).iter().any(|line| line.ends_with(&last)), "{last} is missing in {:?}", lines(sim));
    }
    assert_eq!(sim.world().output().len() as i64, n);
}

#[test]
fn every_cluster_prints_the_same_sums() -> Result<(), ApiError> {
    for (parallelism, task_managers, slots) in
        [(1, 1, 1), (2, 1, 2), (2, 2, 1), (4, 2, 2), (4, 4, 1), (3, 2, 4)]
    {
        let mut sim =
            sum_by_key(RuntimeExecutionMode::Streaming, 200, 7, parallelism, cluster(task_managers, slots))?;
        assert!(sim.run_to_end(TICKS_MAX), "p {parallelism} on {task_managers} × {slots} does not end");
        assert_eq!(sim.world().job_status(), JobStatus::Finished);
        check_sums(&sim, 200, 7);
    }
    Ok(())
}

#[test]
fn tiny_segments_and_any_order_give_the_same_sums() -> Result<(), ApiError> {
    for seed in 0..40 {
        let scenario = Scenario {
            driver: Driver::Seeded,
            seed,
            segment_bytes: 64,
            default_speed: if seed % 2 == 0 { Speed::RecordsPerTick(7) } else { Speed::TicksPerRecord(3) },
            ..cluster(2, 2)
        };
        let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 150, 11, 4, scenario)?;
        assert!(sim.run_to_end(TICKS_MAX), "seed {seed} does not end");
        check_sums(&sim, 150, 11);
        let executors = sim.world().executors();
        assert!(executors.iter().all(|e| e.shuffle().segments_in_use() == 0), "seed {seed} keeps segments");
    }
    Ok(())
}

#[test]
fn a_run_repeats() -> Result<(), ApiError> {
    let run = |seed| -> Result<_, ApiError> {
        let mut sim = sum_by_key(
            RuntimeExecutionMode::Streaming,
            100,
            5,
            3,
            Scenario { seed, driver: Driver::Seeded, ..cluster(2, 2) },
        )?;
        sim.run_to_end(TICKS_MAX);
        Ok(moment(&sim))
    };
    assert_eq!(run(1)?, run(1)?);
    assert_ne!(run(1)?.2, run(2)?.2);
    Ok(())
}

#[test]
fn turns_one_by_one_are_the_same_run() -> Result<(), ApiError> {
    let mut whole = sum_by_key(RuntimeExecutionMode::Streaming, 60, 5, 2, cluster(2, 1))?;
    whole.run_to_end(TICKS_MAX);
    let mut stepped = sum_by_key(RuntimeExecutionMode::Streaming, 60, 5, 2, cluster(2, 1))?;
    while stepped.step(StepUnit::Turn) {}
    assert_eq!(stepped.world().trace().hash(), whole.world().trace().hash());
    Ok(())
}

#[test]
fn every_moment_can_be_returned_to() -> Result<(), ApiError> {
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 60, 5, 2, cluster(2, 1))?;
    let mut moments = vec![moment(&sim)];
    while sim.step(StepUnit::Turn) {
        moments.push(moment(&sim));
    }
    // From the end, in strides that meet every part of a tick and every keyframe.
    for stride in [1, 7, 61] {
        for expected in moments.iter().rev().step_by(stride) {
            sim.seek(expected.0, expected.1);
            assert_eq!(moment(&sim), *expected);
        }
    }
    // Back turn by turn: each step takes back what one step forwards did.
    sim.seek(TICKS_MAX, 0);
    while sim.step_back(StepUnit::Turn) && moment(&sim) != moments[0] {
        let before = moment(&sim).2;
        assert!(sim.step(StepUnit::Turn));
        assert!(sim.step_back(StepUnit::Turn));
        assert_eq!(moment(&sim).2, before);
    }
    assert_eq!(moment(&sim), moments[0]);
    Ok(())
}

/// Also where the clock jumps: a tick in which nothing happens has no turns to go to.
#[test]
fn a_turn_that_never_was_changes_nothing() -> Result<(), ApiError> {
    let scenario = Scenario { driver: Driver::Seeded, link_latency_ticks: 30, ..cluster(3, 1) };
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 30, 5, 3, scenario)?;
    sim.run_to_end(TICKS_MAX);
    let end = moment(&sim);
    for tick in 0..end.0 {
        sim.seek(tick, 1000);
        sim.run_to_end(TICKS_MAX);
        assert_eq!(moment(&sim), end, "from tick {tick}");
    }
    Ok(())
}

#[test]
fn back_by_record_takes_back_one_record() -> Result<(), ApiError> {
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 40, 5, 1, cluster(1, 1))?;
    sim.run_to_end(TICKS_MAX);
    let taken = |sim: &Sim| -> u64 {
        sim.world().executors().iter().flat_map(|e| e.tasks()).map(|task| task.records_in()).sum()
    };
    let mut left = taken(&sim);
    assert_eq!(left, 80);
    while left > 0 {
        assert!(sim.step_back(StepUnit::Record(None)));
        left -= 1;
        assert_eq!(taken(&sim), left);
    }
    Ok(())
}

#[test]
fn too_few_slots_fail_the_job() -> Result<(), ApiError> {
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 10, 5, 4, cluster(1, 3))?;
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Failed);
    let sentence = weir_engine::inspect::sentence::sentence(sim.world()).to_string();
    assert_eq!(
        sentence,
        "The job failed: it needs 4 slots and the cluster has 3. Give it more TaskManagers or slots, or lower the \
         parallelism."
    );
    Ok(())
}

#[test]
fn a_cancelled_job_ends() -> Result<(), ApiError> {
    use weir_engine::sim::command::Command;
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 1000, 5, 2, cluster(2, 1))?;
    sim.advance(50);
    sim.command(Command::CancelJob);
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Canceled);
    let end = moment(&sim);
    sim.seek(20, 0);
    sim.run_to_end(TICKS_MAX);
    assert_eq!(moment(&sim), end, "the command belongs to the run");
    Ok(())
}

#[test]
fn a_slow_operator_holds_its_source_back() -> Result<(), ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    let source = env.from_sequence(1, 3000)?;
    let slow: DataStream = (*source.rebalance()?.map(same).name("slow")).clone();
    slow.add_sink(SinkSpec::Discard);
    let mut scenario = Scenario { segment_bytes: 64, ..cluster(1, 1) };
    scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(5));
    let mut sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
    sim.advance(2000);
    let tasks = || sim.world().executors()[0].tasks();
    let shares: Vec<_> = tasks().iter().map(|task| task.time().shares()).collect();
    assert!(shares[0].back_pressured > 600, "the source: {:?}", shares[0]);
    assert!(shares[1].busy > 900, "the slow one: {:?}", shares[1]);
    let sentence = weir_engine::inspect::sentence::sentence(sim.world()).to_string();
    assert!(sentence.starts_with("The slow part is slow"), "{sentence}");
    Ok(())
}

/// A source that fails before its consumers have asked for its partition, on one and on two TaskManagers.
#[test]
fn a_producer_that_is_gone_fails_the_job_and_nothing_else() -> Result<(), ApiError> {
    for task_managers in [1, 2] {
        let mut functions = NativeFunctions::default();
        let same = functions.map(Clone::clone);
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_parallelism(2)?;
        env.read_text_file("nowhere.txt")
            .map(same)
            .key_by(KeySelector::Identity)
            .sum(Field::Position(0))
            .print(None);
        let scenario = cluster(task_managers, 2 / task_managers);
        let mut sim =
            Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
        assert!(sim.run_to_end(TICKS_MAX));
        assert_eq!(sim.world().job_status(), JobStatus::Failed);
        let sentence = weir_engine::inspect::sentence::sentence(sim.world()).to_string();
        assert!(sentence.contains("nowhere.txt"), "{sentence}");
    }
    Ok(())
}

#[test]
fn a_speed_can_be_changed_while_the_job_runs() -> Result<(), ApiError> {
    use weir_engine::sim::command::Command;
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 1000, 5, 1, cluster(1, 1))?;
    sim.advance(50);
    let taken = |sim: &Sim| sim.world().executors()[0].tasks()[0].records_in();
    let before = taken(&sim);
    sim.command(Command::SetSpeed { vertex: 0, speed: Speed::RecordsPerTick(10) });
    sim.advance(10);
    assert_eq!(taken(&sim) - before, 100);
    Ok(())
}

#[test]
fn a_speed_holds_for_tasks_that_are_deployed_later() -> Result<(), ApiError> {
    use weir_engine::sim::command::Command;
    let mut sim = sum_by_key(RuntimeExecutionMode::Streaming, 1000, 5, 1, cluster(1, 1))?;
    sim.command(Command::SetSpeed { vertex: 0, speed: Speed::RecordsPerTick(10) });
    sim.advance(50);
    let taken = |sim: &Sim| sim.world().executors()[0].tasks()[0].records_in();
    let before = taken(&sim);
    sim.advance(5);
    assert_eq!(taken(&sim) - before, 50);
    Ok(())
}
