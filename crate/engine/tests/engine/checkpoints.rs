//! Checkpoints of whole jobs: they complete, what failed goes on from them, sinks commit with them.

use std::rc::Rc;

use crate::jobs::{sums_in_tables, two_machines};

use weir_engine::base::ids::TaskManagerId;
use weir_engine::checkpoint::coordinator::request::SavepointFormat;
use weir_engine::checkpoint::coordinator::statistics::CheckpointStatus;
use weir_engine::checkpoint::metadata;
use weir_engine::checkpoint::restore::settings::RestoreSettings;
use weir_engine::cluster::job_master::checkpointing::{Checkpoints, StartFrom};
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::{CheckpointSettings, CheckpointingMode};
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{Trigger, WindowAssigner};
use weir_engine::network::barrier::SnapshotType;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;

const TICKS_MAX: u64 = 1_000_000;
const RECORDS: i64 = 60;

fn job(
    throws_at: Option<u64>,
    change: impl FnOnce(&StreamExecutionEnvironment) -> Result<(), ApiError>,
) -> Result<(CompiledJob, NativeFunctions), ApiError> {
    let tables = [("once", DeliveryGuarantee::ExactlyOnce), ("least", DeliveryGuarantee::AtLeastOnce)];
    sums_in_tables(RECORDS, 3, throws_at, &tables, change)
}

fn submit((job, functions): (CompiledJob, NativeFunctions)) -> Sim {
    Sim::submit(&job, Rc::new(functions), two_machines()).expect("the job can run")
}

fn run(
    throws_at: Option<u64>,
    change: impl FnOnce(&StreamExecutionEnvironment) -> Result<(), ApiError>,
) -> Result<Sim, ApiError> {
    let mut sim = submit(job(throws_at, change)?);
    assert!(sim.run_to_end(TICKS_MAX), "it ends");
    assert_eq!(sim.world().job_status(), JobStatus::Finished, "{:?}", sim.world().job_master().failure());
    Ok(sim)
}

fn rows(sim: &Sim, table: &str) -> Vec<String> {
    let lines = sim.world().output().iter_from(0);
    let mut rows: Vec<String> =
        lines.filter(|line| &*line.stream == table).map(|line| line.text.to_string()).collect();
    rows.sort();
    rows
}

fn checkpoints(sim: &Sim) -> &Checkpoints {
    sim.world().job_master().checkpoints().expect("a streaming job has checkpoints")
}

/// What a keyed sum gives after each record, whatever order keys come in.
fn expected_maxima(rows: &[String]) -> Vec<String> {
    let mut last = [0_i64; 3];
    for row in rows {
        let (key, sum) = row.trim_matches(['(', ')']).split_once(',').expect("a pair");
        let key: usize = key.parse().expect("a key");
        last[key] = last[key].max(sum.parse().expect("a sum"));
    }
    last.iter().enumerate().map(|(key, sum)| format!("({key},{sum})")).collect()
}

/// The sums of all numbers by key.
fn totals() -> Vec<String> {
    (0..3).map(|key| format!("({key},{})", (0..RECORDS).filter(|n| n % 3 == key).sum::<i64>())).collect()
}

#[test]
fn periodic_checkpoints_complete_and_commit() -> Result<(), ApiError> {
    let sim = run(None, |_| Ok(()))?;
    let statistics = checkpoints(&sim).coordinator().statistics();
    let counts = statistics.counts();
    assert!(counts.completed >= 3 && counts.in_progress == 0, "{counts:?}");
    let ids: Vec<u64> = statistics.history().iter().map(|stats| stats.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(
        statistics
            .history()
            .iter()
            .any(|stats| stats.status == CheckpointStatus::Completed && stats.size() > 0)
    );
    assert_eq!(rows(&sim, "once").len(), RECORDS as usize);
    assert_eq!(rows(&sim, "once"), rows(&sim, "least"));
    assert_eq!(expected_maxima(&rows(&sim, "once")), totals());
    assert!(
        checkpoints(&sim).coordinator().store().latest().is_none(),
        "nothing is kept for a job that finished"
    );
    Ok(())
}

#[test]
fn what_failed_goes_on_from_the_newest_checkpoint() -> Result<(), ApiError> {
    for mode in [CheckpointingMode::ExactlyOnce, CheckpointingMode::AtLeastOnce] {
        let sim = run(Some(195), |env| {
            env.get_checkpoint_config().set_checkpointing_consistency_mode(mode);
            Ok(())
        })?;
        let statistics = checkpoints(&sim).coordinator().statistics();
        let restored = statistics.restored().expect("it was restored from a checkpoint");
        assert!(restored.id > 0, "{restored:?}");
        assert!(rows(&sim, "least").len() >= RECORDS as usize);
        if mode == CheckpointingMode::ExactlyOnce {
            let written = rows(&sim, "once (all)").len();
            assert!(written > RECORDS as usize, "what was not committed stands there too: {written}");
            assert_eq!(rows(&sim, "once").len(), RECORDS as usize);
            assert_eq!(expected_maxima(&rows(&sim, "once")), totals());
        }
    }
    Ok(())
}

#[test]
fn a_savepoint_is_answered_and_commits_nothing() -> Result<(), ApiError> {
    let mut sim = submit(job(None, |env| {
        env.get_checkpoint_config().disable_checkpointing();
        Ok(())
    })?);
    sim.advance(150);
    sim.command(Command::RequestCheckpoint {
        snapshot: SnapshotType::Savepoint,
        format: SavepointFormat::Canonical,
        target: None,
    });
    sim.advance(150);
    let answers = checkpoints(&sim).answers();
    assert_eq!(answers.len(), 1);
    let savepoint = answers[0].result.as_ref().expect("nothing is in the way");
    assert!(savepoint.size() > 0 && savepoint.snapshot == SnapshotType::Savepoint);
    let file = metadata::write(savepoint);
    assert_eq!(
        metadata::read(&file, &savepoint.pointer).as_ref(),
        Ok(&**savepoint),
        "it can be kept as a file"
    );
    assert!(rows(&sim, "once").is_empty());
    assert_eq!(CheckpointSettings::default().retained_max, 1);
    Ok(())
}

#[test]
fn state_on_files_is_restored_too() -> Result<(), ApiError> {
    for incremental in ["true", "false"] {
        let sim = run(Some(195), |env| {
            // A buffer so small that each record makes a file, and files are merged.
            env.configure([
                ("state.backend.type", "rocksdb"),
                ("execution.checkpointing.incremental", incremental),
                ("state.backend.rocksdb.writebuffer.size", "1"),
            ])?;
            Ok(())
        })?;
        let statistics = checkpoints(&sim).coordinator().statistics();
        assert!(statistics.restored().is_some(), "it was restored from a checkpoint");
        assert_eq!(rows(&sim, "once").len(), RECORDS as usize);
        assert_eq!(expected_maxima(&rows(&sim, "once")), totals(), "incremental: {incremental}");
    }
    Ok(())
}

#[test]
fn a_job_starts_from_a_savepoint_also_with_another_parallelism() -> Result<(), ApiError> {
    for parallelism in [2, 1, 3] {
        let mut first = submit(job(None, |_| Ok(()))?);
        first.advance(150);
        let snapshot = SnapshotType::Savepoint;
        first.command(Command::RequestCheckpoint {
            snapshot,
            format: SavepointFormat::Canonical,
            target: None,
        });
        first.advance(60);
        let savepoint = checkpoints(&first).answers()[0].result.clone().expect("nothing is in the way");
        let start = StartFrom {
            snapshot: savepoint,
            path: "savepoint-1".into(),
            committed: [].into(),
            files: [].into(),
            settings: RestoreSettings::default(),
        };
        let (job, functions) = job(None, |env| env.set_parallelism(parallelism).map(drop))?;
        let scenario = Scenario { task_managers: 3, slots_per_task_manager: 1, ..Scenario::small(7) };
        let mut second = Sim::submit_from(&job, Rc::new(functions), scenario, start).expect("it fits");
        assert!(second.run_to_end(TICKS_MAX), "it ends");
        assert_eq!(second.world().job_status(), JobStatus::Finished);
        let counted = rows(&second, "once").len();
        assert!(counted < RECORDS as usize, "it did not begin anew: {counted}");
        assert_eq!(expected_maxima(&rows(&second, "once")), totals(), "with {parallelism}");
    }
    Ok(())
}

/// Tells what became of the checkpoints after the data had ended.
fn failed_reasons(sim: &Sim) -> Vec<&'static str> {
    let history = checkpoints(sim).coordinator().statistics().history().iter();
    let reason = |status| match status {
        CheckpointStatus::Failed(reason) => Some(reason.name()),
        _ => None,
    };
    history.filter_map(|stats| reason(stats.status)).collect()
}

#[test]
fn a_trigger_that_finds_no_task_any_more_gives_the_checkpoint_up_at_once() -> Result<(), ApiError> {
    let mut declined = 0;
    // The sources end a while before the last checkpoint: some checkpoint meets the tick in which one has finished.
    for interval in (10..50).step_by(2) {
        let sim = run(None, |env| {
            env.enable_checkpointing(interval, CheckpointingMode::ExactlyOnce)?;
            env.get_checkpoint_config().set_tolerable_checkpoint_failure_number(0)?;
            Ok(())
        })?;
        let reasons = failed_reasons(&sim);
        assert!(!reasons.contains(&"CHECKPOINT_EXPIRED"), "every {interval} ms: {reasons:?}");
        declined += reasons.iter().filter(|&&reason| reason == "TASK_CHECKPOINT_FAILURE").count();
        assert!(sim.world().tick() < 2000, "every {interval} ms it ends at {}", sim.world().tick());
    }
    assert!(declined > 0, "no trigger came too late");
    Ok(())
}

#[test]
fn a_trigger_for_a_process_that_is_gone_gives_the_checkpoint_up_at_once() -> Result<(), ApiError> {
    // Nothing goes over the network between the two slices: the JobMaster hears of the loss by its heartbeat only.
    let mut functions = NativeFunctions::default();
    let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(50, CheckpointingMode::ExactlyOnce)?;
    let source = SourceSpec::DataGenerator { function: number, count: 400, records_per_second: Some(100.0) };
    let numbers = env.from_source(source, WatermarkStrategy::of(WatermarkGeneration::None), "numbers");
    numbers.sink_to(SinkSpec::Collect { name: "all".into() });
    let mut sim = submit((compile(&env.job()?)?, functions));
    sim.advance(200);
    sim.command(Command::Process(ProcessFault::KillTaskManager(TaskManagerId(1))));
    sim.advance(200);
    let reasons = failed_reasons(&sim);
    assert!(
        reasons.iter().filter(|&&reason| reason == "TRIGGER_CHECKPOINT_FAILURE").count() >= 3,
        "{reasons:?}"
    );
    Ok(())
}

#[test]
fn two_sinks_may_write_into_one_table() -> Result<(), ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.enable_checkpointing(20, CheckpointingMode::ExactlyOnce)?;
    let numbers = env.from_data([1, 2, 3].map(Value::Long).into())?;
    for _ in 0..2 {
        let guarantee = DeliveryGuarantee::ExactlyOnce;
        numbers.sink_to(SinkSpec::Table { name: "once".into(), guarantee });
    }
    let mut sim = submit((compile(&env.job()?)?, NativeFunctions::default()));
    assert!(sim.run_to_end(TICKS_MAX), "it ends");
    assert_eq!(rows(&sim, "once"), ["1", "1", "2", "2", "3", "3"]);
    Ok(())
}

#[test]
fn a_job_with_windows_that_end_with_the_stream_makes_none_and_ends() -> Result<(), ApiError> {
    let functions = NativeFunctions::default();
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(10, CheckpointingMode::ExactlyOnce)?;
    let windows = env.from_sequence(1, 60)?.key_by(KeySelector::Identity).window(WindowAssigner::Global);
    let sums = windows.trigger(Trigger::EndOfStream)?.sum(Field::Position(0));
    let guarantee = DeliveryGuarantee::ExactlyOnce;
    sums.key_by(KeySelector::Identity)
        .sum(Field::Position(0))
        .sink_to(SinkSpec::Table { name: "once".into(), guarantee });
    let mut sim = submit((compile(&env.job()?)?, functions));
    assert!(sim.run_to_end(TICKS_MAX), "it ends");
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert_eq!(rows(&sim, "once").len(), 60);
    assert_eq!(checkpoints(&sim).coordinator().statistics().counts().completed, 0);
    Ok(())
}
