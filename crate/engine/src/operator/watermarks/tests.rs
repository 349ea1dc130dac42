//! Generators as Flink's documentation and classes define them; the period is 200 ms, and a callback for a time comes in
//! the ms after it.

use super::*;
use crate::graph::operator_spec::OperatorSpec;
use crate::operator::harness::Harness;
use crate::operator::native::NativeFunctions;

fn long(value: &Value) -> i64 {
    if let Value::Long(long) = value { *long } else { panic!("{value} is no number") }
}

/// Each record is its own time: function 0.
fn open(generation: WatermarkGeneration, idleness_ms: Option<i64>) -> Harness {
    let mut functions = NativeFunctions::default();
    let assigner = functions.reduce(|value, _| value.clone());
    // Function 1, a generator: says each record that ends with 0, and the count of the others each period; it goes
    // idle at a 1, and is active again at a 2.
    functions.add_with_method(|method, arguments, context| {
        let count = arguments.first().map_or(0, |fields| if fields.is_null() { 0 } else { long(fields) });
        match method {
            Method::OnEvent => {
                let time = long(&arguments[2]);
                match time % 10 {
                    0 => context.watermark_updates.push(WatermarkUpdate::Emit(time)),
                    1 => context.watermark_updates.push(WatermarkUpdate::Idle),
                    2 => context.watermark_updates.push(WatermarkUpdate::Active),
                    _ => {}
                }
                Ok(Value::Long(count + 1))
            }
            Method::OnPeriodicEmit => {
                context.watermark_updates.push(WatermarkUpdate::Emit(count));
                Ok(Value::Long(count))
            }
            _ => panic!("{method:?}"),
        }
    });
    let mut strategy = WatermarkStrategy::of(generation).with_timestamp_assigner(assigner);
    strategy.idleness_ms = idleness_ms;
    Harness::with_functions(&OperatorSpec::TimestampsAndWatermarks(strategy), functions)
}

#[test]
fn a_bounded_generator_lags_behind_the_newest_and_speaks_each_period() {
    let mut harness = open(WatermarkGeneration::BoundedOutOfOrderness(3), None);
    harness.clock(201);
    assert_eq!(harness.outputs(), [""; 0], "nothing came yet");
    harness.send(10);
    harness.send(7);
    assert_eq!(harness.outputs(), ["10", "7"]);
    harness.clock(401);
    assert_eq!(harness.outputs(), [""; 0], "the period ends in the ms after it");
    harness.clock(402);
    assert_eq!(harness.outputs(), ["W6"]);
    harness.send(9);
    harness.clock(603);
    assert_eq!(harness.outputs(), ["9"], "it did not rise");
    harness.send(12);
    harness.clock(804);
    assert_eq!(harness.outputs(), ["12", "W8"]);
}

#[test]
fn a_monotonous_one_is_bounded_by_nothing() {
    let mut harness = open(WatermarkGeneration::Monotonous, None);
    harness.send(10);
    harness.clock(201);
    assert_eq!(harness.outputs(), ["10", "W9"]);
}

#[test]
fn records_bear_the_time_that_the_assigner_says() {
    let mut harness = open(WatermarkGeneration::None, None);
    harness.send_at(99, 5);
    harness.clock(1000);
    assert_eq!(harness.context.timestamp, Some(5));
    assert_eq!(harness.outputs(), ["5"], "this strategy has no watermarks");
}

#[test]
fn a_generator_of_the_jobs_own_may_speak_at_once() {
    let mut harness = open(WatermarkGeneration::Generator(crate::base::ids::FunctionId(1)), None);
    harness.send(20);
    assert_eq!(harness.outputs(), ["20", "W20"], "the record goes before the watermark that it brings");
    harness.send(10);
    harness.send(30);
    let mut again = harness.snapshot();
    for harness in [&mut harness, &mut again] {
        assert_eq!(harness.outputs(), ["10", "30", "W30"], "watermarks only rise");
        harness.clock(201);
        assert_eq!(harness.outputs(), [""; 0], "3 records are less");
    }
}

#[test]
fn a_generator_may_tell_that_it_is_idle() {
    let mut harness = open(WatermarkGeneration::Generator(crate::base::ids::FunctionId(1)), None);
    for time in [10, 11, 21, 20, 31, 32] {
        harness.send(time);
    }
    // Told twice, it is idle once; a watermark makes it active first.
    let expected = ["10", "W10", "11", "Idle", "21", "20", "Active", "W20", "31", "Idle", "32", "Active"];
    assert_eq!(harness.outputs(), expected);
}

#[test]
fn idle_is_what_was_inactive_for_longer_than_the_timeout() {
    // Periods end at 201, 402, ...; the one at 402 is the first in which nothing came, 603 ms before 1005.
    for (timeout_ms, idle_at) in [(602, 1005), (603, 1206)] {
        let mut harness = open(WatermarkGeneration::Monotonous, Some(timeout_ms));
        harness.send(10);
        let found = (1..3000).find(|&now| {
            harness.clock(now);
            harness.outputs().contains(&"Idle".to_string())
        });
        assert_eq!(found, Some(idle_at), "{timeout_ms}");
        harness.clock(5000);
        assert_eq!(harness.outputs(), [""; 0], "it says so once");
        harness.send(20);
        assert_eq!(harness.outputs(), ["20"]);
        harness.clock(5300);
        assert_eq!(harness.outputs(), ["Active", "W19"]);
    }
}

#[test]
fn time_in_which_the_task_cannot_write_is_not_idle() {
    let mut harness = open(WatermarkGeneration::Monotonous, Some(602));
    harness.send(10);
    for now in 1..3000 {
        // Since 402 it could not write.
        harness.context.blocked_ms = (now - 402).max(0);
        harness.clock(now);
    }
    assert_eq!(harness.outputs(), ["10", "W9"]);
}

#[test]
fn watermarks_that_come_in_are_ignored_but_for_the_last() {
    let mut harness = open(WatermarkGeneration::Monotonous, None);
    harness.watermark(1000);
    assert_eq!(harness.outputs(), [""; 0]);
    harness.watermark(i64::MAX);
    assert_eq!(harness.outputs(), [format!("W{}", i64::MAX)]);
}
