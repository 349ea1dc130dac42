//! Records that are moved to another event time: found from where they fell, moved, and back.

use std::collections::BTreeSet;
use std::rc::Rc;

use weir_engine::base::ids::TaskId;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{TimeDomain, WindowAssigner};
use weir_engine::inspect::event_time::{Kind, Shows, TimeColumns, columns, operators};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::{Command, SetTimestamp};
use weir_engine::task::pace::Speed;

/// `fromSequence(1, n) → time (ten times the half of it: each is there twice) → twice each → keyBy mod 3 → windows of
/// 50 ms → sum → print`, p = 2 on two TaskManagers.
fn windows(n: i64) -> Result<Sim, ApiError> {
    windows_with(n, false)
}

/// The same; if it is to recover, with a checkpoint each 10 ms.
fn windows_with(n: i64, recovers: bool) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let long = |value: &Value| if let Value::Long(n) = value { *n } else { 0 };
    let key = functions.map(move |value| Value::Long(long(value) % 3));
    let time = functions.map(move |value| Value::Long(long(value) / 2 * 10));
    let same = functions.map(Value::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_auto_watermark_interval(5)?;
    if recovers {
        env.enable_checkpointing(10, CheckpointingMode::ExactlyOnce)?;
    }
    let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(time);
    env.from_sequence(1, n)?
        .assign_timestamps_and_watermarks(strategy)
        .map(same)
        .key_by(KeySelector::Function(key))
        .window(WindowAssigner::tumbling(TimeDomain::EventTime, 50, 0)?)
        .sum(Field::Position(0))
        .print(None);
    let scenario = Scenario {
        task_managers: 2,
        slots_per_task_manager: 1,
        speeds: [("Sequence Source".into(), Speed::TicksPerRecord(3))].into(),
        ..Scenario::small(7)
    };
    let sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario);
    Ok(sim.expect("the job can run"))
}

/// The logs of the window operators, with their places.
fn logs(sim: &Sim) -> Vec<(TaskId, u32, TimeColumns)> {
    let all = operators(sim.world()).into_iter().filter(|one| one.shows == Shows::Windows);
    all.map(|one| {
        let log = columns(sim.world(), one.task, one.place, usize::MAX).expect("it has a log");
        (one.task, one.place, log)
    })
    .filter(|(.., log)| records(log).count() > 0)
    .collect()
}

/// Numbers of the entries that are records.
fn records(log: &TimeColumns) -> impl Iterator<Item = u64> {
    (0..).zip(&log.kinds).filter(|&(_, &kind)| kind == Kind::Record as u8).map(|(entry, _)| entry)
}

#[test]
fn each_record_is_traced_to_where_it_was_given_its_time() -> Result<(), ApiError> {
    let mut sim = windows(40)?;
    assert!(sim.run_to_end(10_000));
    let mut origins = BTreeSet::new();
    for (task, place, log) in logs(&sim) {
        for entry in records(&log) {
            let origin = sim.origin_of(task, place, entry).expect("it was given a time");
            let SetTimestamp { task: from, operator, record, timestamp } = origin.as_it_is;
            assert_eq!(timestamp, log.times[entry as usize] as i64);
            assert!((origin.tick as f64) < log.ticks[entry as usize], "{origin:?}");
            origins.insert((from, operator, record));
        }
        let watermark = log.kinds.iter().position(|&kind| kind == Kind::Watermark as u8).expect("one came");
        assert_eq!(sim.origin_of(task, place, watermark as u64), None);
    }
    assert_eq!(origins.len(), 40, "no two records have the same origin");
    Ok(())
}

#[test]
fn a_record_that_is_moved_falls_elsewhere_and_back() -> Result<(), ApiError> {
    let mut sim = windows(60)?;
    assert!(sim.run_to_end(10_000));
    let before = (sim.world().trace().hash(), logs(&sim));
    let (task, place, log) = &before.1[0];
    let entry = records(log).last().expect("records came");
    let origin = sim.origin_of(*task, *place, entry).expect("it was given a time");

    sim.rewind(origin.tick);
    sim.command_at(origin.tick, Command::SetTimestamp(SetTimestamp { timestamp: 0, ..origin.as_it_is }));
    assert!(sim.run_to_end(10_000));
    let moved = logs(&sim);
    let dropped: u64 = moved.iter().map(|(.., log)| log.late_records_dropped).sum();
    assert_eq!(dropped, 1, "at time 0 it comes after its window");
    let taken = |logs: &[(TaskId, u32, TimeColumns)]| -> usize {
        logs.iter().map(|(.., log)| records(log).count()).sum()
    };
    assert_eq!(taken(&moved), taken(&before.1), "all others are taken as they were");
    let again = sim.origin_of(*task, *place, records(&moved[0].2).last().expect("it came"));
    assert_eq!(again.map(|again| again.as_it_is.record), Some(origin.as_it_is.record));

    sim.rewind(origin.tick);
    assert!(sim.commands().is_empty() && sim.run_to_end(10_000));
    assert_eq!(sim.world().trace().hash(), before.0);
    assert_eq!(format!("{:?}", logs(&sim)), format!("{:?}", before.1));
    Ok(())
}

#[test]
fn a_record_keeps_its_number_when_it_is_read_again() -> Result<(), ApiError> {
    let mut sim = windows_with(60, true)?;
    sim.advance(45);
    let task = TaskId(0);
    sim.command(Command::Process(ProcessFault::FailTask(task)));
    assert!(sim.run_to_end(10_000));
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    let restored =
        sim.world().job_master().checkpoints().and_then(|all| all.coordinator().statistics().restored());
    assert!(restored.is_some_and(|restored| restored.id > 0), "it goes on from a checkpoint");
    let (task, place, log) = &logs(&sim)[0];
    let mut traced = 0;
    for entry in records(log) {
        let origin = sim.origin_of(*task, *place, entry).expect("it was given a time");
        let SetTimestamp { task: from, record, timestamp, .. } = origin.as_it_is;
        // The first source has 1 to 30, the second the others.
        let n = i64::from(from.0) * 30 + record as i64 + 1;
        assert_eq!(timestamp, n / 2 * 10, "{origin:?}");
        traced += 1;
    }
    assert!(traced > 0);
    Ok(())
}
