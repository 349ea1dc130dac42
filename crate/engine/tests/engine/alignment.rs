//! Sources of a group wait for each other: how far they come apart, and that they all end.

use std::rc::Rc;

use weir_engine::base::ids::TaskId;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkAlignment, WatermarkGeneration, WatermarkStrategy};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

const MAX_DRIFT_MS: i64 = 300;
const INTERVAL_MS: i64 = 50;

/// Two sources whose event time goes 2 ms and half a ms in each ms of the clock; both have 2000 ms of it in all. The
/// fast one reads a record each ms; the slow one has a rate.
fn two_sources(group: Option<&str>, buffer_size: &str) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let mut times = |step: i64| {
        functions.reduce(move |value, _| match value {
            Value::Long(n) => Value::Long(step * n),
            _ => Value::Null,
        })
    };
    let (by_two, by_ten) = (times(2), times(10));
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_auto_watermark_interval(10)?;
    env.configure([("pipeline.watermark-alignment.buffer-size", buffer_size)])?;
    let source = |name: &str, count: i64, records_per_second: Option<f64>, time| {
        let source = SourceSpec::DataGenerator { function: same, count, records_per_second };
        let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(time);
        let strategy = match group {
            Some(group) => strategy.with_watermark_alignment(WatermarkAlignment {
                group: group.into(),
                max_drift_ms: MAX_DRIFT_MS,
                update_interval_ms: INTERVAL_MS,
            }),
            None => strategy,
        };
        env.from_source(source, strategy, name)
    };
    let (fast, slow) = (source("fast", 1000, None, by_two), source("slow", 200, Some(50.0), by_ten));
    fast.union(&[(*slow).clone()])?.add_sink(SinkSpec::Collect { name: "all".into() });
    let scenario = Scenario { task_managers: 1, slots_per_task_manager: 4, ..Scenario::small(1) };
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// The watermark of each source, once both have one.
fn watermarks(sim: &Sim) -> Option<[i64; 2]> {
    let of_task = |task| Some(sim.world().task(TaskId(task))?.0.source_output()?.watermark());
    let both = [of_task(0)?, of_task(1)?];
    (both[0].min(both[1]) > i64::MIN && both[0].max(both[1]) < i64::MAX).then_some(both)
}

/// The greatest distance of the two, while both run, in the whole run.
fn greatest_distance(sim: &mut Sim) -> i64 {
    let mut greatest = 0;
    while !sim.is_over() {
        sim.advance(1);
        if let Some([fast, slow]) = watermarks(sim) {
            greatest = greatest.max(fast - slow);
        }
    }
    let world = sim.world();
    assert_eq!(world.output().len(), 1200, "both come to their ends");
    greatest
}

#[test]
fn a_source_runs_no_further_ahead_than_allowed() -> Result<(), ApiError> {
    let free = greatest_distance(&mut two_sources(None, "3")?);
    assert!(free > 1300, "{free}");
    // It stops where the slow one was when it reported, and the drift further; what its own period of watermarks hides
    // comes on top.
    let aligned = greatest_distance(&mut two_sources(Some("together"), "0")?);
    assert!((MAX_DRIFT_MS - 2 * INTERVAL_MS..=MAX_DRIFT_MS + 2 * 10).contains(&aligned), "{aligned}");
    // It may go on for three periods more, at 2 ms of event time in a ms.
    let buffered = greatest_distance(&mut two_sources(Some("together"), "3")?);
    let more = 3 * 2 * INTERVAL_MS;
    assert!(buffered > aligned && buffered <= aligned + more + 2 * INTERVAL_MS, "{buffered}");
    Ok(())
}

#[test]
fn a_source_that_waits_reads_nothing_and_goes_on_when_it_may() -> Result<(), ApiError> {
    let mut sim = two_sources(Some("together"), "0")?;
    let mut waited = false;
    while !sim.is_over() {
        sim.advance(1);
        let Some((fast, _)) = sim.world().task(TaskId(0)) else { continue };
        if fast.waits_for_alignment() {
            let before = fast.records_in();
            assert!(fast.alignment_drift().is_some_and(|drift| drift > MAX_DRIFT_MS));
            sim.advance(1);
            let fast = sim.world().task(TaskId(0)).expect("it runs").0;
            let went_on = !fast.waits_for_alignment();
            assert!(went_on || fast.records_in() == before);
            waited = true;
        }
    }
    assert!(waited);
    Ok(())
}

#[test]
fn behind_a_source_it_is_refused() -> Result<(), ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    let alignment = WatermarkAlignment { group: "a".into(), max_drift_ms: 1, update_interval_ms: 1 };
    let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_watermark_alignment(alignment);
    env.from_sequence(1, 2)?.assign_timestamps_and_watermarks(strategy).print(None);
    let error = compile(&env.job()?).unwrap_err();
    assert!(error.message.starts_with("Watermark alignment does not work if applied after the source"));
    Ok(())
}
