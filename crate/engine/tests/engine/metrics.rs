//! What tasks report of themselves: how their time is spent, how full their pools are.

#![expect(clippy::float_cmp, reason = "the values are whole numbers, or ratios of the same two")]

use std::collections::BTreeMap;
use std::rc::Rc;

use weir_engine::base::ids::{TaskId, VertexIdx};
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::SinkSpec;
use weir_engine::inspect::back_pressure::{self, BackPressureLevel};
use weir_engine::inspect::metrics;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;

/// `fromSequence(1, n) → map → rebalance → slow map`, the slow one at five ticks a record. `map` makes of each
/// number a text of `length` letters. One subtask of each on every TaskManager.
fn slow_reader(n: i64, length: usize, task_managers: u32) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let text = functions.map(move |value| Value::String(format!("{value:>length$}").into()));
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(task_managers as i32)?;
    let texts = env.from_sequence(1, n)?.map(text).rebalance()?;
    texts.map(same).name("slow").add_sink(SinkSpec::Discard);
    let mut scenario =
        Scenario { task_managers, segment_bytes: 256, slots_per_task_manager: 1, ..Scenario::small(1) };
    scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(5));
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

fn of_task(sim: &Sim, task: u32) -> BTreeMap<String, f64> {
    let metrics = metrics::of_task(sim.world(), TaskId(task));
    metrics.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
}

#[test]
fn a_writer_of_small_records_waits_before_them() -> Result<(), ApiError> {
    let mut sim = slow_reader(5000, 20, 1)?;
    sim.advance(2500);
    let (source, slow) = (of_task(&sim, 0), of_task(&sim, 1));
    assert!(source["softBackPressuredTimeMsPerSecond"] > 700.0, "{source:?}");
    assert_eq!(source["hardBackPressuredTimeMsPerSecond"], 0.0);
    assert_eq!(source["backPressuredTimeMsPerSecond"], source["softBackPressuredTimeMsPerSecond"]);
    assert_eq!(source["isBackPressured"], 1.0);
    assert_eq!((slow["busyTimeMsPerSecond"], slow["isBackPressured"]), (1000.0, 0.0));
    assert!(source["outPoolUsage"] >= 0.8, "{source:?}");
    assert!(source["outputQueueLength"] >= 8.0, "{source:?}");
    assert_eq!(
        slow["inputQueueLength"], source["outputQueueLength"],
        "a local channel reads what is queued there"
    );

    let world = sim.world();
    let share = back_pressure::of_vertex(world, VertexIdx(0));
    assert_eq!(f64::from(share), source["backPressuredTimeMsPerSecond"]);
    assert_eq!(BackPressureLevel::of_share(share), BackPressureLevel::High);
    assert_eq!(
        BackPressureLevel::of_share(back_pressure::of_vertex(world, VertexIdx(1))),
        BackPressureLevel::Ok
    );
    Ok(())
}

#[test]
fn a_writer_of_a_record_larger_than_its_pool_waits_inside_it() -> Result<(), ApiError> {
    // 20,000 bytes are 79 segments; the pool has 10, and 20 of overdraft.
    let mut sim = slow_reader(400, 20_000, 1)?;
    sim.advance(1500);
    let source = of_task(&sim, 0);
    assert!(source["hardBackPressuredTimeMsPerSecond"] > 0.0, "{source:?}");
    let soft_and_hard =
        source["softBackPressuredTimeMsPerSecond"] + source["hardBackPressuredTimeMsPerSecond"];
    assert_eq!(soft_and_hard, source["backPressuredTimeMsPerSecond"]);
    Ok(())
}

#[test]
fn a_channel_over_a_link_uses_its_own_buffers_and_those_of_the_gate() -> Result<(), ApiError> {
    let mut sim = slow_reader(5000, 20, 2)?;
    sim.advance(20);
    let (mut most_exclusive, mut most_floating): (f64, f64) = (0.0, 0.0);
    for _ in 0..400 {
        sim.advance(5);
        let slow = of_task(&sim, 2);
        for name in ["inPoolUsage", "inputExclusiveBuffersUsage", "inputFloatingBuffersUsage"] {
            assert!((0.0..=1.0).contains(&slow[name]), "{name}: {slow:?}");
        }
        most_exclusive = most_exclusive.max(slow["inputExclusiveBuffersUsage"]);
        most_floating = most_floating.max(slow["inputFloatingBuffersUsage"]);
    }
    assert_eq!((most_exclusive, most_floating), (1.0, 1.0), "a slow reader fills them all");
    Ok(())
}

#[test]
fn time_counts_the_same_tick_by_tick_and_in_jumps() -> Result<(), ApiError> {
    for (length, task_managers) in [(20, 1), (20, 2), (20_000, 1), (20_000, 2)] {
        let mut ticked = slow_reader(120, length, task_managers)?;
        let mut jumped = slow_reader(120, length, task_managers)?;
        for stop in [37, 400, 401, 999, 5000] {
            while ticked.world().tick() < stop && !ticked.is_over() {
                ticked.advance(1);
            }
            jumped.seek(stop, 0);
            for task in 0..2 * task_managers {
                let spent = |sim: &Sim| {
                    let time = sim.world().task(TaskId(task)).expect("it is deployed").0.time();
                    (time.shares(), time.accumulated())
                };
                assert_eq!(spent(&ticked), spent(&jumped), "task {task} at tick {stop}");
                let (_, all) = spent(&ticked);
                assert!(all.busy + all.back_pressured + all.idle <= stop);
            }
        }
    }
    Ok(())
}
