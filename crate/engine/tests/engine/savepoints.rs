//! Stop with a savepoint, save it as a file, start again from it: the same job, or a changed one.

use std::rc::Rc;

use weir_engine::base::ids::TaskId;
use weir_engine::checkpoint::failure_reason::CheckpointFailureReason;
use weir_engine::checkpoint::restore::settings::{RecoveryClaimMode, RestoreSettings};
use weir_engine::cluster::job_master::checkpointing::CheckpointAnswer;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{TimeDomain, WindowAssigner};
use weir_engine::network::barrier::{SavepointFormat, SnapshotType};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::sim::file_needs::{FileNeed, files};
use weir_engine::sim::submission::SubmissionError;

const RECORDS: i64 = 60;
const TICKS_MAX: u64 = 100_000;

/// What of the job is changed from start to start.
#[derive(Clone, Copy)]
struct Shape {
    parallelism: i32,
    max_parallelism: Option<i32>,
    has_windows: bool,
    backend: &'static str,
}

const SAME: Shape = Shape { parallelism: 2, max_parallelism: None, has_windows: true, backend: "hashmap" };

/// `numbers, 200 a second, 10 ms of event time apart → keyBy(n % 3) → windows of 60 ms → sum → table`.
fn job(shape: Shape, interval_ms: Option<i64>) -> Result<(CompiledJob, NativeFunctions), ApiError> {
    let mut functions = NativeFunctions::default();
    let long = |value: &Value| if let Value::Long(n) = value { *n } else { 0 };
    let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let key = functions.map(move |value| Value::Long(long(value) % 3));
    let time = functions.map(move |value| Value::Long(long(value) * 10));
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(shape.parallelism)?.set_auto_watermark_interval(5)?;
    if let Some(max) = shape.max_parallelism {
        env.set_max_parallelism(max)?;
    }
    if let Some(interval) = interval_ms {
        env.enable_checkpointing(interval, CheckpointingMode::ExactlyOnce)?;
    }
    env.configure([
        ("execution.checkpointing.dir", "checkpoints"),
        ("execution.checkpointing.incremental", "true"),
        ("execution.checkpointing.data-inline-threshold", "0"),
        ("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION"),
        ("state.backend.rocksdb.writebuffer.size", "64"),
        ("state.backend.type", shape.backend),
    ])?;
    let source =
        SourceSpec::DataGenerator { function: number, count: RECORDS, records_per_second: Some(200.0) };
    let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(time);
    let numbers = env.from_source(source, strategy, "numbers").uid("numbers");
    let keyed = numbers.key_by(KeySelector::Function(key));
    let sums = if shape.has_windows {
        let windows = keyed.window(WindowAssigner::tumbling(TimeDomain::EventTime, 60, 0)?);
        windows.sum(Field::Position(0)).uid("windows")
    } else {
        keyed.sum(Field::Position(0)).uid("sums")
    };
    sums.sink_to(SinkSpec::Table { name: "once".into(), guarantee: DeliveryGuarantee::ExactlyOnce })
        .uid("table");
    Ok((compile(&env.job()?)?, functions))
}

fn scenario() -> Scenario {
    Scenario { task_managers: 3, slots_per_task_manager: 1, ..Scenario::small(7) }
}

fn submit(shape: Shape, interval_ms: Option<i64>) -> Result<Sim, ApiError> {
    let (job, functions) = job(shape, interval_ms)?;
    Ok(Sim::submit(&job, Rc::new(functions), scenario()).expect("the job can run"))
}

fn start_from(shape: Shape, file: &[u8], settings: RestoreSettings) -> Result<Result<Sim, String>, ApiError> {
    let (job, functions) = job(shape, Some(50))?;
    Ok(Sim::submit_from_file(&job, Rc::new(functions), scenario(), file, settings).map_err(
        |error| match error {
            SubmissionError::Restore(why) => why,
            SubmissionError::Scenario(why) => panic!("the scenario is fine: {why}"),
        },
    ))
}

fn rows(sim: &Sim) -> Vec<i64> {
    let lines = sim.world().output().iter_from(0);
    let mut rows: Vec<i64> =
        lines.filter(|line| &*line.stream == "once").map(|line| line.text.parse().expect("a sum")).collect();
    rows.sort_unstable();
    rows
}

/// What two runs committed: what the first one had committed, the second one commits again, and its external system takes
/// that for nothing.
fn rows_of_both(first: &Sim, second: &Sim) -> Vec<i64> {
    let mut all = [rows(first), rows(second)].concat();
    all.sort_unstable();
    all
}

fn finish(sim: &mut Sim) {
    assert!(sim.run_to_end(TICKS_MAX), "it ends");
    assert_eq!(sim.world().job_status(), JobStatus::Finished, "{:?}", sim.world().job_master().failure());
}

/// Stops a job after a while; answers it with the file of its savepoint.
fn stop(shape: Shape, snapshot: SnapshotType, format: SavepointFormat) -> Result<(Sim, Rc<[u8]>), ApiError> {
    for interval in [Some(50), None] {
        let mut sim = submit(shape, interval)?;
        sim.advance(170);
        sim.command(Command::RequestCheckpoint { snapshot, format, target: None });
        finish(&mut sim);
        let answers = sim.world().job_master().checkpoints().expect("it streams").answers();
        let savepoint = answers[0].result.as_ref().expect("nothing is in the way");
        let saved = sim.world().export_snapshot(savepoint.id).expect("it is there").expect("all of it");
        let left: Vec<FileNeed> = files(sim.world()).iter().map(|file| file.need).collect();
        assert!(!left.is_empty() && left.iter().all(|&need| need == FileNeed::Savepoint), "{left:?}");
        if interval.is_none() {
            return Ok((sim, saved));
        }
    }
    unreachable!("the loop ends with a job without periodic checkpoints")
}

fn of_whole_run() -> Result<Vec<i64>, ApiError> {
    let mut whole = submit(SAME, Some(50))?;
    finish(&mut whole);
    Ok(rows(&whole))
}

#[test]
fn a_job_that_stopped_goes_on_as_if_it_had_not() -> Result<(), ApiError> {
    let expected = of_whole_run()?;
    for backend in ["hashmap", "rocksdb"] {
        for format in [SavepointFormat::Canonical, SavepointFormat::Native] {
            let shape = Shape { backend, ..SAME };
            let (first, file) = stop(shape, SnapshotType::SavepointSuspend, format)?;
            assert!(!rows(&first).is_empty() && rows(&first).len() < expected.len());
            for parallelism in [2, 1, 3] {
                let other = if format == SavepointFormat::Canonical { "rocksdb" } else { backend };
                let shape = Shape { parallelism, backend: other, ..shape };
                let mut second = start_from(shape, &file, RestoreSettings::default())?.expect("it fits");
                finish(&mut second);
                let all = rows_of_both(&first, &second);
                assert_eq!(all, expected, "{backend}, {format:?}, then {parallelism} tasks");
            }
        }
    }
    Ok(())
}

#[test]
fn a_job_that_is_drained_fires_all_that_waits_and_has_nothing_to_go_on_with() -> Result<(), ApiError> {
    let (first, file) = stop(SAME, SnapshotType::SavepointTerminate, SavepointFormat::Canonical)?;
    // Each of the two sources has read the first of its half.
    let read = |subtask: u32| {
        let (task, _) = first.world().task(TaskId(subtask)).expect("the sources come first");
        let from = i64::from(subtask) * RECORDS / 2;
        from..from + task.records_in() as i64
    };
    assert!(read(0).end < RECORDS / 2, "it was stopped before its end: {:?}", read(0));
    let sum: i64 = read(0).sum::<i64>() + read(1).sum::<i64>();
    assert_eq!(rows(&first).iter().sum::<i64>(), sum, "all that was read is in a window that fired");
    let mut second = start_from(SAME, &file, RestoreSettings::default())?.expect("it fits");
    finish(&mut second);
    let rest = (0..RECORDS).sum::<i64>() - sum;
    let late = rows(&second).iter().filter(|row| !rows(&first).contains(row)).sum::<i64>();
    assert!(late > 0 && late <= rest, "it goes on behind that: {late} of {rest}");
    Ok(())
}

#[test]
fn a_changed_job_gets_what_is_its_own_and_is_told_what_is_not() -> Result<(), ApiError> {
    let (_, file) = stop(SAME, SnapshotType::SavepointSuspend, SavepointFormat::Canonical)?;
    let without = Shape { has_windows: false, ..SAME };
    let refused = start_from(without, &file, RestoreSettings::default())?.err().expect("windows are missing");
    assert!(refused.contains("Cannot map checkpoint/savepoint state for operator"), "{refused}");
    assert!(refused.ends_with("you can set the --allowNonRestoredState option on the CLI."), "{refused}");
    let settings = RestoreSettings { allow_non_restored_state: true, ..RestoreSettings::default() };
    let mut sums = start_from(without, &file, settings)?.expect("they may be left out");
    finish(&mut sums);
    let read = rows(&sums).len();
    assert!(read > 0 && read < RECORDS as usize, "it goes on behind what was read: {read}");
    let other = Shape { max_parallelism: Some(64), ..SAME };
    let refused = start_from(other, &file, settings)?.err().expect("there are other key groups");
    assert!(refused.contains("Max parallelism mismatch between checkpoint/savepoint state"), "{refused}");
    let damaged = start_from(SAME, &file[..file.len() - 9], settings)?.err().expect("it is cut off");
    assert!(damaged.starts_with("The savepoint cannot be loaded: it ends after"), "{damaged}");
    Ok(())
}

#[test]
fn a_retained_checkpoint_is_claimed_or_left_alone() -> Result<(), ApiError> {
    let expected = of_whole_run()?;
    let shape = Shape { backend: "rocksdb", ..SAME };
    let mut first = submit(shape, Some(50))?;
    first.advance(190);
    first.command(Command::CancelJob);
    assert!(first.run_to_end(TICKS_MAX) && first.world().job_status() == JobStatus::Canceled);
    let kept = first.world().job_master().checkpoints().expect("it streams").coordinator().store();
    let latest = Rc::clone(kept.latest().expect("the last one is retained"));
    let file = first.world().export_snapshot(latest.id).expect("it is there").expect("all of it");
    for claim_mode in [RecoveryClaimMode::NoClaim, RecoveryClaimMode::Claim] {
        let settings = RestoreSettings { claim_mode, ..RestoreSettings::default() };
        let mut second = start_from(shape, &file, settings)?.expect("it fits");
        let given: Vec<_> = files(second.world()).into_iter().map(|file| (file.path, file.file)).collect();
        assert!(given.iter().any(|(path, _)| path.contains("/shared/")), "{given:?}");
        finish(&mut second);
        assert_eq!(rows_of_both(&first, &second), expected, "{claim_mode:?}");
        let left: Vec<_> = files(second.world()).into_iter().map(|file| (file.path, file.file)).collect();
        let stays = if claim_mode == RecoveryClaimMode::NoClaim { given } else { Vec::new() };
        assert_eq!(left, stays, "{claim_mode:?}");
    }
    Ok(())
}

/// Stops a job, and lets its tasks fail or not when the savepoint is complete.
fn stop_and(fails: bool) -> Result<Sim, ApiError> {
    let mut sim = submit(SAME, Some(50))?;
    sim.advance(170);
    let (snapshot, target) = (SnapshotType::SavepointSuspend, Some("mine"));
    sim.command(Command::RequestCheckpoint { snapshot, format: SavepointFormat::Canonical, target });
    let is_complete = |sim: &Sim| {
        let latest = sim.world().job_master().checkpoints().and_then(|it| it.coordinator().store().latest());
        latest.is_some_and(|latest| latest.snapshot == snapshot)
    };
    while !is_complete(&sim) {
        sim.advance(1);
        assert!(answers(&sim).is_empty(), "it answers when the job has ended");
    }
    if fails {
        sim.command(Command::Process(ProcessFault::FailTask(TaskId(0))));
    }
    let unfinished = |sim: &Sim| {
        let mut states = sim.world().job_master().executions().iter().map(|it| it.state);
        states.any(|state| !state.is_terminal())
    };
    while unfinished(&sim) {
        assert!(answers(&sim).is_empty(), "some tasks have not ended");
        sim.advance(1);
    }
    assert_eq!(answers(&sim).len(), 1);
    assert!(sim.run_to_end(TICKS_MAX));
    Ok(sim)
}

fn answers(sim: &Sim) -> Vec<CheckpointAnswer> {
    sim.world().job_master().checkpoints().expect("it streams").answers().to_vec()
}

#[test]
fn a_stop_with_a_savepoint_is_answered_when_all_tasks_have_finished() -> Result<(), ApiError> {
    let sim = stop_and(false)?;
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    let savepoint = answers(&sim)[0].result.clone().expect("all finished");
    assert!(savepoint.pointer.starts_with("mine/savepoint-"), "{}", savepoint.pointer);
    let paths: Vec<_> = files(sim.world()).into_iter().map(|file| file.path).collect();
    assert!(paths.len() > 1 && paths.iter().all(|path| path.starts_with(&*savepoint.pointer)), "{paths:?}");
    Ok(())
}

#[test]
fn a_task_that_fails_after_the_savepoint_to_stop_with_fails_the_job_and_leaves_the_savepoint()
-> Result<(), ApiError> {
    let sim = stop_and(true)?;
    let master = sim.world().job_master();
    assert_eq!(master.status(), JobStatus::Failed, "no restart helps: the savepoint is to be started from");
    let store = master.checkpoints().map(|it| it.coordinator().store());
    let pointer = &store.and_then(|store| store.latest()).expect("it is its user's").pointer;
    let said = format!(
        "StopWithSavepointStoppingException: A savepoint has been created at: {pointer}, but the corresponding job \
         {} failed during stopping. The savepoint is consistent, but might have uncommitted transactions. If you \
         want to commit the transaction please restart a job from this savepoint.",
        sim.world().plan().job_id
    );
    assert_eq!(answers(&sim)[0].result.as_ref().err().map(AsRef::as_ref), Some(&*said));
    assert_eq!(master.failure().map(ToString::to_string), Some(said));
    assert_eq!(sim.world().plan().job_id.len(), 32);
    Ok(())
}

#[test]
fn a_savepoint_goes_where_the_request_says_the_job_or_the_cluster() -> Result<(), ApiError> {
    for (of_cluster, target, expected) in [
        (Some("cluster"), Some("asked"), Ok("asked/")),
        (Some("cluster"), None, Ok("cluster/")),
        (
            None,
            None,
            Err("IllegalStateException: No savepoint directory configured. You can either specify a "),
        ),
    ] {
        let (job, functions) = job(SAME, Some(50))?;
        let scenario = Scenario { savepoint_directory: of_cluster.map(Into::into), ..scenario() };
        let mut sim = Sim::submit(&job, Rc::new(functions), scenario).expect("the job can run");
        sim.advance(170);
        let snapshot = SnapshotType::Savepoint;
        sim.command(Command::RequestCheckpoint { snapshot, format: SavepointFormat::Canonical, target });
        sim.advance(60);
        match (&answers(&sim)[0].result, expected) {
            (Ok(savepoint), Ok(begin)) => {
                assert!(savepoint.pointer.starts_with(begin), "{}", savepoint.pointer);
            }
            (Err(why), Err(begin)) => assert!(why.starts_with(begin), "{why}"),
            (answer, _) => panic!("{target:?} with {of_cluster:?} is answered {answer:?}"),
        }
    }
    Ok(())
}

#[test]
fn a_savepoint_that_fails_stops_nothing_for_good() -> Result<(), ApiError> {
    let mut sim = submit(SAME, Some(50))?;
    sim.command(Command::RequestCheckpoint {
        snapshot: SnapshotType::SavepointSuspend,
        format: SavepointFormat::Canonical,
        target: None,
    });
    finish(&mut sim);
    let refused = CheckpointFailureReason::NotAllRequiredTasksRunning.message();
    let why = answers(&sim)[0].result.clone().err();
    assert_eq!(why.as_deref(), Some(refused), "nothing runs at the first tick");
    assert_eq!(rows(&sim), of_whole_run()?);
    Ok(())
}

#[test]
fn tasks_that_were_to_stop_with_a_savepoint_that_expires_start_again() -> Result<(), ApiError> {
    let (mut job, functions) = job(SAME, Some(50))?;
    let settings = &mut job.job_graph.checkpoint;
    (settings.timeout_ms, settings.failures_tolerated) = (2, 1000);
    let mut sim = Sim::submit(&job, Rc::new(functions), scenario()).expect("the job can run");
    sim.advance(170);
    let snapshot = SnapshotType::SavepointSuspend;
    sim.command(Command::RequestCheckpoint { snapshot, format: SavepointFormat::Canonical, target: None });
    sim.advance(100);
    let expired = CheckpointFailureReason::Expired.message();
    assert_eq!(answers(&sim)[0].result.as_ref().err().map(AsRef::as_ref), Some(expired));
    let history = sim.world().job_master().history();
    let said: Vec<String> = history.entries().map(|entry| entry.root.failure.to_string()).collect();
    assert_eq!(said, ["FlinkRuntimeException: Stop-with-savepoint failed."]);
    Ok(())
}
