//! Batch jobs: stage after stage, over files, with sorted inputs.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::KeySelector;
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::network::barrier::{SavepointFormat, SnapshotType};
use weir_engine::network::bounded_blocking::BoundedDataKind;
use weir_engine::operator::function::{Method, UserError};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::sim::history::StepUnit;
use weir_engine::task::pace::Speed;
use weir_engine::task::sorting::inputs::SortingInputs;

use crate::jobs::{cluster, sum_by_key};

/// Enough for any of these jobs.
const TICKS_MAX: u64 = 1_000_000;

/// What was printed, without the subtask before it, sorted.
fn lines(sim: &Sim) -> Vec<String> {
    let without_subtask = |text: &str| text.split_once("> ").map_or(text, |(_, line)| line).to_owned();
    let mut lines: Vec<String> =
        sim.world().output().iter_from(0).map(|line| without_subtask(&line.text)).collect();
    lines.sort();
    lines
}

fn expected_sums(n: i64, keys: i64) -> Vec<String> {
    let sum = |key: i64| (1..=n).filter(|x| x % keys == key).sum::<i64>();
    let mut lines: Vec<String> =
        (0..keys).filter(|&key| sum(key) > 0).map(|key| format!("({key},{})", sum(key))).collect();
    lines.sort();
    lines
}

fn moment(sim: &Sim) -> (u64, u32, u64, usize) {
    let world = sim.world();
    (world.tick(), world.turn_number(), world.trace().hash(), world.output().len())
}

/// Nothing is left on any disk, and no segment or page is held.
fn check_nothing_is_left(sim: &Sim, what: &str) {
    for executor in sim.world().executors() {
        let shuffle = executor.shuffle();
        assert_eq!(shuffle.disk().files().count(), 0, "{what}: files");
        assert_eq!(shuffle.disk().requests().count(), 0, "{what}: requests");
        assert_eq!(shuffle.segments_in_use(), 0, "{what}: segments");
        assert!(
            executor.managed_memory().iter().all(|memory| memory.free() == memory.pages()),
            "{what}: pages"
        );
    }
}

#[test]
fn each_key_has_one_result_on_every_cluster() -> Result<(), ApiError> {
    for (parallelism, task_managers, slots) in
        [(1, 1, 1), (2, 1, 2), (2, 2, 1), (4, 2, 2), (4, 4, 1), (3, 2, 4), (4, 1, 1), (3, 2, 1)]
    {
        let what = format!("p {parallelism} on {task_managers} × {slots}");
        let mut sim =
            sum_by_key(RuntimeExecutionMode::Batch, 200, 7, parallelism, cluster(task_managers, slots))?;
        assert!(sim.run_to_end(TICKS_MAX), "{what} does not end");
        assert_eq!(sim.world().job_status(), JobStatus::Finished, "{what}");
        assert_eq!(lines(&sim), expected_sums(200, 7), "{what}");
        check_nothing_is_left(&sim, &what);
    }
    Ok(())
}

#[test]
fn tiny_segments_every_kind_of_file_and_any_order_give_the_same_sums() -> Result<(), ApiError> {
    let kinds = [BoundedDataKind::File, BoundedDataKind::Mmap, BoundedDataKind::FileMmap];
    for seed in 0..24 {
        let scenario = Scenario {
            driver: Driver::Seeded,
            seed,
            segment_bytes: 64,
            blocking_shuffle: kinds[seed as usize % kinds.len()],
            disk_latency_ticks: seed as u32 % 4,
            disk_bytes_per_tick: [13, 200, 100_000][seed as usize / 8],
            default_speed: if seed % 2 == 0 { Speed::RecordsPerTick(7) } else { Speed::TicksPerRecord(3) },
            ..cluster(2, 2)
        };
        let mut sim = sum_by_key(RuntimeExecutionMode::Batch, 150, 11, 4, scenario)?;
        assert!(sim.run_to_end(TICKS_MAX), "seed {seed} does not end");
        assert_eq!(lines(&sim), expected_sums(150, 11), "seed {seed}");
        check_nothing_is_left(&sim, &format!("seed {seed}"));
    }
    Ok(())
}

/// Flink: `SchedulerBase#triggerCheckpoint`, `#triggerSavepoint`.
#[test]
fn it_takes_no_snapshot_and_says_why() -> Result<(), ApiError> {
    for (parallelism, snapshot, why) in [
        (2, SnapshotType::Checkpoint, "IllegalStateException: Job JOB is not a streaming job."),
        (2, SnapshotType::SavepointSuspend, "Blocking output edge exists in running tasks."),
    ] {
        let mut sim = sum_by_key(RuntimeExecutionMode::Batch, 40, 5, parallelism, cluster(2, 1))?;
        sim.advance(40);
        let format = SavepointFormat::Canonical;
        sim.command(Command::RequestCheckpoint { snapshot, format, target: Some("mine") });
        assert!(sim.run_to_end(TICKS_MAX));
        let why = why.replace("JOB", &sim.world().plan().job_id);
        let said = |text: &str| text.contains(&why);
        assert!(sim.world().trace().events().iter_from(0).any(|event| said(&event.text)), "{why}");
        assert_eq!(sim.world().job_status(), JobStatus::Finished);
    }
    Ok(())
}

#[test]
fn every_moment_can_be_returned_to() -> Result<(), ApiError> {
    let mut sim = sum_by_key(RuntimeExecutionMode::Batch, 40, 5, 2, cluster(2, 1))?;
    let mut moments = vec![moment(&sim)];
    while sim.step(StepUnit::Turn) {
        moments.push(moment(&sim));
    }
    for stride in [7, 61] {
        for expected in moments.iter().rev().step_by(stride) {
            sim.seek(expected.0, expected.1);
            assert_eq!(moment(&sim), *expected);
        }
    }
    Ok(())
}

/// A cluster whose sorters have room for a few records, on slow disks.
fn little_memory(kind: BoundedDataKind) -> Scenario {
    let mut scenario = Scenario {
        segment_bytes: 64,
        blocking_shuffle: kind,
        disk_bytes_per_tick: 300,
        default_speed: Speed::RecordsPerTick(5),
        ..cluster(2, 1)
    };
    scenario.memory.set("taskmanager.memory.managed.size", "768 bytes").expect("a size");
    scenario
}

#[test]
fn what_does_not_fit_into_memory_is_sorted_on_the_disk() -> Result<(), ApiError> {
    let mut sim = sum_by_key(RuntimeExecutionMode::Batch, 300, 7, 2, little_memory(BoundedDataKind::File))?;
    let (mut runs, mut pages) = (0, 0);
    while !sim.is_over() {
        sim.advance(1);
        for executor in sim.world().executors() {
            let sorting = executor.tasks().iter().filter_map(|task| task.sorting());
            runs = sorting.flat_map(SortingInputs::states).map(|(_, state)| state.runs).fold(runs, u32::max);
            let memory = &executor.managed_memory()[0];
            pages = pages.max(memory.pages() - memory.free());
        }
    }
    assert!(runs > 3, "{runs} runs");
    assert_eq!(pages, 12, "all that a slot has");
    assert_eq!(lines(&sim), expected_sums(300, 7));
    check_nothing_is_left(&sim, "at the end");
    Ok(())
}

#[test]
fn a_batch_job_can_be_cancelled_at_any_tick() -> Result<(), ApiError> {
    for kind in [BoundedDataKind::File, BoundedDataKind::Mmap, BoundedDataKind::FileMmap] {
        let job = || sum_by_key(RuntimeExecutionMode::Batch, 30, 5, 2, little_memory(kind));
        let mut whole = job()?;
        assert!(whole.run_to_end(TICKS_MAX));
        for tick in 0..whole.world().tick() {
            let mut sim = job()?;
            sim.advance(tick);
            sim.command(Command::CancelJob);
            assert!(sim.run_to_end(TICKS_MAX), "cancelled at tick {tick}, it does not end");
            let status = sim.world().job_status();
            assert!(
                matches!(status, JobStatus::Canceled | JobStatus::Finished),
                "{status} after tick {tick}"
            );
            check_nothing_is_left(&sim, &format!("{kind:?}, cancelled at tick {tick}"));
        }
    }
    Ok(())
}

/// A keyed function that fails at the n-th record: whatever stands on the disks by then goes.
#[test]
fn a_task_that_fails_fails_the_job_and_leaves_nothing() -> Result<(), ApiError> {
    use std::cell::Cell;
    for failing in 1..=30 {
        let mut functions = NativeFunctions::default();
        let seen = Rc::new(Cell::new(0));
        let fail = functions.process(move |method, value, context| {
            if method == Method::ProcessElement {
                seen.set(seen.get() + 1);
                if seen.get() == failing {
                    return Err(UserError::new("enough"));
                }
                context.collect(value.clone());
            }
            Ok(())
        });
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_parallelism(2)?;
        env.set_runtime_mode(RuntimeExecutionMode::Batch);
        let keyed = env.from_sequence(1, 30)?.key_by(KeySelector::Identity);
        keyed.process(fail).rebalance()?.print(None);
        let scenario = little_memory(BoundedDataKind::File);
        let sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario);
        let mut sim = sim.expect("the job can run");
        assert!(sim.run_to_end(TICKS_MAX), "failing at {failing}, it does not end");
        assert_eq!(sim.world().job_status(), JobStatus::Failed);
        assert!(lines(&sim).is_empty(), "nothing is printed before its input is complete");
        check_nothing_is_left(&sim, &format!("failing at {failing}"));
    }
    Ok(())
}

#[test]
fn the_words_under_the_picture_tell_of_stages() -> Result<(), ApiError> {
    let slow = Scenario { disk_bytes_per_tick: 100, ..little_memory(BoundedDataKind::File) };
    let mut sim = sum_by_key(RuntimeExecutionMode::Batch, 300, 7, 2, slow)?;
    let mut told: Vec<String> = Vec::new();
    while !sim.is_over() {
        sim.advance(1);
        let sentence = weir_engine::inspect::sentence::sentence(sim.world()).to_string();
        if told.last() != Some(&sentence) {
            told.push(sentence);
        }
    }
    for expected in [
        "(1/2) cannot go on: the disk has not taken what it wrote.",
        "2 wait for results that are not complete.",
        "(1/2) has written its last record and waits for the disk.",
        "sorts its input by key before the first record is processed: 3 are there.",
        "has its memory full, and writes sorted run number 2 to the disk.",
    ] {
        assert!(told.iter().any(|sentence| sentence.ends_with(expected)), "{expected}: {told:#?}");
    }
    Ok(())
}
