//! Golden traces: what is said and done from submission to the end, line by line.
//!
//! `tests/golden/NAME.txt` holds what a scenario must give. `UPDATE_GOLDEN=1 cargo test --test golden` writes it
//! anew; the difference is reviewed like code.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "nobody loads the tests")]

use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::link::LinkSpeed;
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{TimeDomain, WindowAssigner};
use weir_engine::inspect::frame::{self, FrameWriter};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::{ElementKind, Value};
use weir_engine::scenario::{Scenario, ScheduledFault};
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;
use weir_engine::task::state::ExecutionState;

/// `fromSequence(1, n) → keyBy(itself mod 3) → reduce → print`, p = 2 on two TaskManagers of one slot.
fn sums(n: i64) -> Result<Sim, ApiError> {
    sums_under(RuntimeExecutionMode::Streaming, n, Vec::new())
}

/// The same in either mode, and what goes wrong with the links meanwhile.
fn sums_under(mode: RuntimeExecutionMode, n: i64, link_faults: Vec<ScheduledFault>) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let key = functions.map(|value| match value {
        Value::Long(n) => Value::Long(n % 3),
        other => other.clone(),
    });
    let add = functions.reduce(|a, b| match (a, b) {
        (Value::Long(a), Value::Long(b)) => Value::Long(a + b),
        _ => Value::Null,
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_runtime_mode(mode);
    env.from_sequence(1, n)?.key_by(KeySelector::Function(key)).reduce(add).print(None);
    let scenario =
        Scenario { task_managers: 2, slots_per_task_manager: 1, link_faults, ..Scenario::small(7) };
    let sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario);
    Ok(sim.expect("the job can run"))
}

/// Trace and output, each line with its tick.
fn told(sim: &Sim) -> String {
    let mut text = String::new();
    let events = sim.world().trace().events();
    for event in events.iter_from(0) {
        let who = if event.from == event.to {
            event.from.to_string()
        } else {
            format!("{} → {}", event.from, event.to)
        };
        writeln!(text, "{:>4} {:<7} {who}: {}", event.tick, event.kind.name(), event.text)
            .expect("text grows");
    }
    for line in sim.world().output().iter_from(0) {
        writeln!(text, "{:>4} {:<7} {}", line.tick, line.stream, line.text).expect("text grows");
    }
    text
}

fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).expect("the golden file can be written");
    }
    let expected = std::fs::read_to_string(&path).expect("the golden file is there");
    let differs = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or(expected.lines().count().min(actual.lines().count()));
    assert!(
        expected == actual,
        "{name}.txt differs from line {} on:\n  expected {:?}\n  actual   {:?}",
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line)
    );
}

#[test]
fn from_submission_to_the_end() -> Result<(), ApiError> {
    let mut sim = sums(12)?;
    assert!(sim.run_to_end(10_000));
    check("submission_to_end", &told(&sim));
    Ok(())
}

#[test]
fn a_cut_that_heals_and_a_reset() -> Result<(), ApiError> {
    let (from, to) = (TaskManagerId(0), TaskManagerId(1));
    let links = |both_ways: bool| Links { from, to, both_ways };
    let slow = LinkSpeed { latency_ticks: 12, bytes_per_tick: 100 };
    let faults = [
        (50, LinkFault::Slow(links(false), slow)),
        (115, LinkFault::Cut(links(true))),
        (140, LinkFault::Restore(links(true))),
        (215, LinkFault::Reset { a: from, b: to }),
    ];
    let faults = faults.map(|(at_tick, fault)| ScheduledFault { at_tick, fault });
    let mut sim = sums_under(RuntimeExecutionMode::Streaming, 500, faults.to_vec())?;
    assert!(sim.run_to_end(10_000));
    check("cut_and_reset", &told(&sim));
    Ok(())
}

#[test]
fn a_batch_job_from_submission_to_the_end() -> Result<(), ApiError> {
    let mut sim = sums_under(RuntimeExecutionMode::Batch, 12, Vec::new())?;
    assert!(sim.run_to_end(10_000));
    check("batch_submission_to_end", &told(&sim));
    Ok(())
}

/// `fromSequence(1, n) → timestamps (ten times the number), watermarks each record → keyBy mod 3 → 50 ms tumbling
/// windows → sum → print`, p = 2 on two TaskManagers of one slot.
fn windows(n: i64) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let key = functions.map(|value| match value {
        Value::Long(n) => Value::Long(n % 3),
        other => other.clone(),
    });
    let timestamp = functions.map(|value| match value {
        Value::Long(n) => Value::Long(n * 10),
        other => other.clone(),
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_auto_watermark_interval(5)?;
    let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(timestamp);
    env.from_sequence(1, n)?
        .assign_timestamps_and_watermarks(strategy)
        .key_by(KeySelector::Function(key))
        .window(WindowAssigner::tumbling(TimeDomain::EventTime, 50, 0)?)
        .sum(Field::Position(0))
        .print(None);
    let scenario = Scenario {
        task_managers: 2,
        slots_per_task_manager: 1,
        speeds: [("Sequence Source".into(), Speed::TicksPerRecord(3))].into_iter().collect(),
        ..Scenario::small(7)
    };
    let sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario);
    Ok(sim.expect("the job can run"))
}

#[test]
fn windows_from_submission_to_the_end() -> Result<(), ApiError> {
    let mut sim = windows(90)?;
    assert!(sim.run_to_end(10_000));
    check("windows", &told(&sim));
    Ok(())
}

#[test]
fn a_frame_has_the_layout_that_the_page_reads() -> Result<(), ApiError> {
    let mut sim = sums(40)?;
    let mut writer = FrameWriter::default();
    let (mut most_buffers, mut most_dots) = (0, 0);
    while !sim.is_over() {
        let words = writer.write(&sim);
        let header: Vec<usize> = words[..frame::HEADER_WORDS].iter().map(|&word| word as usize).collect();
        let [tasks, channels, buffers, dots] = header[6..10] else {
            panic!("a frame begins with its header")
        };
        let [outputs, gates, managers, links, messages, _restarts_in] = header[15..] else {
            panic!("the header has an end")
        };
        assert_eq!((words[0], u64::from(words[2])), (6, sim.world().tick()));
        assert_eq!((tasks, channels, outputs, gates, managers), (4, 4, 2, 2, 2));
        let rows = tasks * 16 + channels * 15 + outputs * 4 + gates * 3 + managers * 2 + links * 5;
        assert_eq!(words.len(), 21 + rows + buffers * 8 + messages * 5 + dots * 4);
        let states = &words[21..21 + tasks];
        assert!(states.iter().all(|&state| state <= ExecutionState::Failed as u32), "{states:?}");
        let field = |field: usize, channel: usize| words[21 + tasks * 16 + field * channels + channel];
        let in_channels: u32 = (0..channels).map(|c| field(1, c) + field(2, c) + field(3, c)).sum();
        assert_eq!(in_channels as usize, buffers, "every buffer stands in one channel");
        most_buffers = most_buffers.max(buffers);
        most_dots = most_dots.max(dots);
        sim.advance(1);
    }
    assert!(most_buffers >= 4 && most_dots >= 8, "{most_buffers} buffers, {most_dots} dots at most");
    Ok(())
}

#[test]
fn every_buffer_with_records_shows_their_colours() -> Result<(), ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(|value| Value::tuple([value.clone(), Value::Long(1)]));
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.from_sequence(1, 60)?.map(pair).key_by(KeySelector::Field(0)).reduce(pair).print(None);
    let scenario = Scenario::small(7);
    let mut sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
    let (mut writer, mut seen) = (FrameWriter::default(), 0);
    while !sim.is_over() {
        let words = writer.write(&sim);
        let buffers = words[8] as usize;
        // Behind the buffers stand messages and dots; this job has one TaskManager, and so no messages.
        let first = words.len() - words[9] as usize * frame::DOT_FIELDS - buffers * frame::BUFFER_FIELDS;
        let field = |field: usize, buffer: usize| words[first + field * buffers + buffer];
        let (dots, kinds_at) = (words[9] as usize, words.len() - 2 * words[9] as usize);
        let kinds = &words[kinds_at..kinds_at + dots];
        for buffer in 0..buffers {
            let [records, first, count] = [3, 4, 5].map(|place| field(place, buffer));
            let kinds = &kinds[first as usize..(first + count) as usize];
            // Behind the records of a bounded source stands the watermark of the end of time.
            let dots = kinds.iter().filter(|&&kind| kind == ElementKind::Record as u32).count() as u32;
            assert_eq!(dots, records.min(8), "{records} records, {dots} dots at tick {}", sim.world().tick());
            seen = seen.max(records);
        }
        sim.advance(1);
    }
    assert!(seen > 20, "a buffer held {seen} records at most");
    Ok(())
}
