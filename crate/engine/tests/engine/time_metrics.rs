//! What tasks and operators report of event time, and how long latency markers take.

#![expect(clippy::float_cmp, reason = "the values are whole numbers")]

use std::collections::BTreeMap;
use std::rc::Rc;

use weir_engine::base::ids::TaskId;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{TimeDomain, WindowAssigner};
use weir_engine::inspect::metrics;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

/// A hundred numbers a second with event time 10 ms apart, each number with a tenth of the number before it as its
/// time where it ends with 7; `→ rebalance → map (2) → keyBy → window (2) → sink`.
fn rated(options: &[(&str, &str)]) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let time = functions.reduce(|value, _| match value {
        Value::Long(n) if n % 10 == 7 => Value::Long(n / 10),
        Value::Long(n) => Value::Long(10 * n),
        _ => Value::Null,
    });
    let sum = functions.reduce(|first, _| first.clone());
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.configure(options.iter().copied())?;
    let source = SourceSpec::DataGenerator { function: same, count: 400, records_per_second: Some(100.0) };
    let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(time);
    let numbers = env.from_source(source, strategy, "numbers").set_parallelism(1)?;
    let window = WindowAssigner::tumbling(TimeDomain::EventTime, 100, 0)?;
    let windowed = numbers.rebalance()?.map(same).key_by(KeySelector::Identity).window(window);
    windowed.reduce(sum, None).name("window").sink_to(SinkSpec::Discard);
    let scenario = Scenario { task_managers: 1, slots_per_task_manager: 4, ..Scenario::small(3) };
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

fn of_task(sim: &Sim, task: u32) -> BTreeMap<String, f64> {
    let metrics = metrics::of_task(sim.world(), TaskId(task));
    metrics.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
}

/// The counts of latency markers of each operator of a task, in the order of their names.
fn latency_counts(sim: &Sim, task: u32) -> Vec<f64> {
    let metrics = of_task(sim, task);
    metrics.iter().filter(|(name, _)| name.ends_with("latency_count")).map(|(_, count)| *count).collect()
}

#[test]
fn event_time_has_flinks_names() -> Result<(), ApiError> {
    let mut sim = rated(&[])?;
    sim.advance(2500);
    let (source, map, window) = (of_task(&sim, 0), of_task(&sim, 1), of_task(&sim, 3));
    let output = source["Source__numbers.currentOutputWatermark"];
    assert!(output > 2_000.0, "{source:?}");
    assert!(!source.contains_key("currentInputWatermark"), "a source has no input");
    let now = source["Source__numbers.watermarkLag"] + output;
    assert!(source["Source__numbers.sourceIdleTime"] <= 10.0);
    assert!((now - source["Source__numbers.currentEmitEventTimeLag"]) > output);
    assert_eq!(map["currentInputWatermark"], map["Map.currentOutputWatermark"]);
    assert_eq!(window["currentInputWatermark"], window["window.currentInputWatermark"]);
    assert!(window["numFiredTimers"] > 0.0);
    // Those that end with 7 are late once the first windows are over.
    assert!(window["window.numLateRecordsDropped"] > 0.0, "{window:?}");
    assert_eq!(map["Map.numRecordsIn"], map["Map.numRecordsOut"]);
    Ok(())
}

#[test]
fn each_marker_goes_one_way_and_every_operator_on_it_notes_it() -> Result<(), ApiError> {
    let mut sim = rated(&[("metrics.latency.interval", "50 ms")])?;
    sim.advance(2000);
    assert_eq!(latency_counts(&sim, 0), [0.0; 0], "the source sends them");
    let maps: Vec<f64> = (1..3).flat_map(|task| latency_counts(&sim, task)).collect();
    let windows: Vec<Vec<f64>> = (3..5).map(|task| latency_counts(&sim, task)).collect();
    let at_maps: f64 = maps.iter().sum();
    assert!(maps.iter().all(|&count| count > 5.0), "a seed spreads them: {maps:?}");
    // The window, the sink's writer; each sees what the other sees.
    assert!(windows.iter().all(|of_task| of_task.len() == 2 && of_task[0] == of_task[1]), "{windows:?}");
    let at_windows: f64 = windows.iter().map(|of_task| of_task[0]).sum();
    // One was sent at the start, and one each 50 ms; the last ones are on their way.
    assert!((33.0..=40.0).contains(&at_maps), "{at_maps}");
    assert!(at_maps - at_windows <= 4.0 && at_windows <= at_maps, "{at_windows} of {at_maps}");
    Ok(())
}

#[test]
fn buffers_that_wait_for_their_timeout_show_in_the_latency() -> Result<(), ApiError> {
    let mut sim =
        rated(&[("metrics.latency.interval", "30 ms"), ("metrics.latency.granularity", "subtask")])?;
    sim.advance(3000);
    let map = of_task(&sim, 1);
    let of = |what: &str| {
        let found =
            map.iter().find(|(name, _)| name.ends_with(what) && name.contains("source_subtask_index.0"));
        *found.expect("a histogram").1
    };
    // A marker waits for the flusher, which comes each 100 ms.
    assert!(of("latency_min") < 40.0 && of("latency_max") <= 110.0, "{map:?}");
    assert!((30.0..=70.0).contains(&of("latency_mean")), "{map:?}");
    assert!(of("latency_median") <= of("latency_p95") && of("latency_p95") <= of("latency_p99"));
    Ok(())
}

#[test]
fn without_an_interval_there_are_no_markers() -> Result<(), ApiError> {
    let mut sim = rated(&[])?;
    sim.advance(1000);
    assert!((0..5).all(|task| latency_counts(&sim, task).is_empty()));
    Ok(())
}
