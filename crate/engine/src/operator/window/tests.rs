//! Windows of every kind, as the real Flink computes them: contents, lateness, merging, evictors, both clocks.

use super::*;
use crate::graph::operator_spec::{AggregationKind, Field, KeySelector, OperatorSpec};
use crate::graph::windowing::{Evictor, SessionGap, Trigger, WindowAssigner, WindowFunction, WindowStagger};
use crate::operator::harness::Harness;
use crate::operator::native::NativeFunctions;
use crate::time::event_log::TimeFact;

const SUM: WindowFunction = WindowFunction::Rolling { kind: AggregationKind::Sum, field: Field::Position(1) };

fn spec(assigner: WindowAssigner, function: WindowFunction) -> WindowSpec {
    WindowSpec {
        trigger: assigner.default_trigger(),
        assigner,
        evictor: None,
        allowed_lateness_ms: 0,
        late_tag: None,
        function,
    }
}

fn tumbling(size: i64) -> WindowAssigner {
    WindowAssigner::tumbling(TimeDomain::EventTime, size, 0).unwrap()
}

fn sessions(domain: TimeDomain, gap: i64) -> WindowAssigner {
    WindowAssigner::session(domain, SessionGap::Fixed(gap)).unwrap()
}

fn open(spec: WindowSpec, functions: NativeFunctions) -> Harness {
    Harness::keyed(&OperatorSpec::Window(Rc::new(spec)), &KeySelector::Field(0), functions)
}

/// A function that emits the elements of each window in their order, behind the window.
fn listing(functions: &mut NativeFunctions) -> WindowFunction {
    let list = functions.apply(|arguments, context| {
        let [_key, window, elements] = arguments else { panic!("three arguments") };
        context.collect(Value::from(&*format!("{window}: {elements}")));
        Ok(Value::Null)
    });
    WindowFunction::Apply(list)
}

/// Sends `timestamp key value` and `W timestamp`, separated by commas; what came out.
fn feed(harness: &mut Harness, steps: &str) -> String {
    for step in steps.split(", ") {
        match step.split(' ').collect::<Vec<_>>()[..] {
            ["W", watermark] => harness.watermark(watermark.parse().unwrap()),
            [timestamp, key, value] => {
                harness.send_at(timestamp.parse().unwrap(), (key, value.parse::<i64>().unwrap()));
            }
            _ => panic!("{step}"),
        }
    }
    harness.outputs().join(" ")
}

/// What the log of time says, each entry in short.
fn time_log(harness: &Harness) -> String {
    let entries = harness.context.time_log.last(usize::MAX).map(|event| match &event.fact {
        TimeFact::Watermark(watermark) => format!("W {watermark}"),
        TimeFact::Record { timestamp, fate, .. } => format!("{} {fate:?}", timestamp.unwrap()),
        TimeFact::Added { window, .. } => format!("+{}", window.max_timestamp()),
        TimeFact::Merged { window, into, .. } => {
            format!("{}>{}", window.max_timestamp(), into.max_timestamp())
        }
        TimeFact::Fired { window, .. } => format!("!{}", window.max_timestamp()),
        TimeFact::Cleared { window, .. } => format!("-{}", window.max_timestamp()),
        TimeFact::Opened { .. } | TimeFact::Timer { .. } => unreachable!("of other operators"),
    });
    entries.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_log_of_time_tells_what_became_of_records_and_windows() {
    let late = WindowSpec { allowed_lateness_ms: 5, ..spec(tumbling(10), SUM) };
    let mut dropping = open(late.clone(), NativeFunctions::default());
    feed(&mut dropping, "3 a 1, W 11, 4 a 1, W 14, 5 a 1");
    let until_late = "+9, 3 OnTime, W 11, !9, +9, !9, 4 Allowed, W 14, -9, 5 ";
    assert_eq!(time_log(&dropping), format!("{until_late}Dropped"));
    let mut to_side = open(WindowSpec { late_tag: Some("late".into()), ..late }, NativeFunctions::default());
    feed(&mut to_side, "3 a 1, W 11, 4 a 1, W 14, 5 a 1");
    assert_eq!(time_log(&to_side), format!("{until_late}ToSide"));
    let mut merging = open(spec(sessions(TimeDomain::EventTime, 5), SUM), NativeFunctions::default());
    feed(&mut merging, "1 a 1, 8 a 1, 5 a 1, W 20");
    assert_eq!(time_log(&merging), "+5, 1 OnTime, +12, 8 OnTime, 5>12, 12>12, +12, 5 OnTime, W 20, !12, -12");
}

#[test]
fn a_window_is_computed_when_the_watermark_passes_its_end() {
    let mut harness = open(spec(tumbling(10), SUM), NativeFunctions::default());
    assert_eq!(feed(&mut harness, "1 a 1, 9 a 2, 10 a 4, 3 b 8, W 8"), "W8");
    assert_eq!(feed(&mut harness, "W 9"), "(a,3) (b,8) W9");
    assert_eq!(feed(&mut harness, "W 19"), "(a,4) W19");
    assert_eq!(harness.context.state.entry_count(), 0);
    assert_eq!(harness.context.timers.next(TimeDomain::EventTime), None);
}

#[test]
fn what_comes_out_has_the_time_of_the_windows_end() {
    let mut harness = open(spec(tumbling(10), SUM), NativeFunctions::default());
    harness.send_at(3, ("a", 1));
    harness.watermark(9);
    let times: Vec<_> = harness.context.emitted.iter().map(|emission| format!("{emission:?}")).collect();
    assert!(times[0].contains("timestamp: Some(9)"), "{times:?}");
}

#[test]
fn an_element_slides_through_several_windows() {
    let sliding = WindowAssigner::sliding(TimeDomain::EventTime, 10, 4, 0).unwrap();
    let mut harness = open(spec(sliding, SUM), NativeFunctions::default());
    assert_eq!(feed(&mut harness, "9 a 1, 11 a 2, W 9"), "(a,1) W9");
    assert_eq!(feed(&mut harness, "W 13, W 17, W 21"), "(a,3) W13 (a,3) W17 W21");
}

#[test]
fn late_elements_are_counted_or_put_aside() {
    let mut harness = open(spec(tumbling(10), SUM), NativeFunctions::default());
    assert_eq!(feed(&mut harness, "1 a 1, W 9, 2 a 2, 12 a 4, W 19"), "(a,1) W9 (a,4) W19");
    assert_eq!(harness.context.late_records_dropped, 1);
    let lateness =
        WindowSpec { allowed_lateness_ms: 5, late_tag: Some("late".into()), ..spec(tumbling(10), SUM) };
    let mut harness = open(lateness, NativeFunctions::default());
    assert_eq!(feed(&mut harness, "1 a 1, W 9, 2 a 2, W 13, 3 a 4"), "(a,1) W9 (a,3) W13 (a,7)");
    assert_eq!(feed(&mut harness, "W 14, 4 a 8"), "W14 late: (a,8)");
    assert_eq!(harness.context.state.entry_count(), 0);
}

#[test]
fn sessions_merge_with_what_they_touch() {
    let mut functions = NativeFunctions::default();
    let list = listing(&mut functions);
    let mut harness = open(spec(sessions(TimeDomain::EventTime, 10), list), functions);
    // Which window's contents come first follows from the order of Java's hash sets.
    assert_eq!(feed(&mut harness, "0 a 1, 20 a 2, 10 a 3, W 30"), "(0,30): ((a,2),(a,1),(a,3)) W30");
    assert_eq!(feed(&mut harness, "40 a 1, 51 a 2, W 49"), "(40,50): ((a,1)) W49");
    assert_eq!(feed(&mut harness, "W 99"), "(51,61): ((a,2)) W99");
    assert_eq!(harness.context.state.entry_count(), 0);
    assert_eq!(harness.context.timers.next(TimeDomain::EventTime), None, "no timer is left behind");
}

#[test]
fn a_session_must_not_grow_into_the_past() {
    let mut harness = open(spec(sessions(TimeDomain::EventTime, 10), SUM), NativeFunctions::default());
    assert_eq!(feed(&mut harness, "0 a 1, W 8"), "W8");
    assert_eq!(feed(&mut harness, "-5 a 2, W 9"), "(a,3) W9");
    let lateness = WindowSpec { allowed_lateness_ms: 3, ..spec(sessions(TimeDomain::EventTime, 10), SUM) };
    let mut harness = open(lateness, NativeFunctions::default());
    feed(&mut harness, "0 a 1, W 11");
    assert_eq!(feed(&mut harness, "-5 a 2"), "(a,3)");
}

#[test]
fn counts_fire_and_purge() {
    let purging = WindowSpec {
        trigger: Trigger::Purging(Rc::new(Trigger::Count(2))),
        ..spec(WindowAssigner::Global, SUM)
    };
    let mut harness = open(purging, NativeFunctions::default());
    assert_eq!(feed(&mut harness, "0 a 1, 0 b 5, 0 a 2, 0 a 3, 0 a 4"), "(a,3) (a,7)");
    let sliding = WindowSpec {
        trigger: Trigger::Count(2),
        evictor: Some(Evictor::Count { max: 3, after: false }),
        ..spec(WindowAssigner::Global, SUM)
    };
    let mut harness = open(sliding, NativeFunctions::default());
    assert_eq!(feed(&mut harness, "0 a 1, 0 a 2, 0 a 4, 0 a 6, 0 a 7, 0 a 8"), "(a,3) (a,12) (a,21)");
}

#[test]
fn evictors_see_elements_with_their_times() {
    let evicting = |evictor| WindowSpec {
        evictor: Some(evictor),
        ..spec(tumbling(100), WindowFunction::Apply(crate::base::ids::FunctionId(0)))
    };
    let run = |evictor| {
        let mut functions = NativeFunctions::default();
        listing(&mut functions);
        functions.reduce(|old, new| match (old, new) {
            (Value::Tuple(old), Value::Tuple(new)) => match (&old[1], &new[1]) {
                (Value::Long(old), Value::Long(new)) => Value::Long((new - old).abs()),
                _ => Value::Null,
            },
            _ => Value::Null,
        });
        feed(&mut open(evicting(evictor), functions), "5 a 1, 50 a 2, 40 a 3, 20 a 9, W 99")
    };
    assert_eq!(run(Evictor::Count { max: 2, after: false }), "(0,100): ((a,3),(a,9)) W99");
    assert_eq!(run(Evictor::Time { window_size: 20, after: false }), "(0,100): ((a,2),(a,3)) W99");
    let delta = crate::base::ids::FunctionId(1);
    let by_delta = Evictor::Delta { threshold: 7.0, delta, after: false };
    assert_eq!(run(by_delta), "(0,100): ((a,3),(a,9)) W99");
    assert_eq!(run(Evictor::Count { max: 0, after: true }), "(0,100): ((a,1),(a,2),(a,3),(a,9)) W99");
}

#[test]
fn continuous_triggers_fire_until_the_end() {
    let continuous = WindowSpec { trigger: Trigger::ContinuousEventTime(4), ..spec(tumbling(10), SUM) };
    let mut harness = open(continuous, NativeFunctions::default());
    assert_eq!(feed(&mut harness, "1 a 1, W 3, W 4"), "W3 (a,1) W4");
    assert_eq!(feed(&mut harness, "5 a 2, W 8, W 20"), "(a,3) W8 (a,3) W20");
    assert_eq!(harness.context.state.entry_count(), 0);
}

#[test]
fn the_clocks_windows_end_after_their_last_ms() {
    let assigner = WindowAssigner::tumbling(TimeDomain::ProcessingTime, 10, 0).unwrap();
    let mut harness = open(spec(assigner, SUM), NativeFunctions::default());
    harness.clock(3);
    feed(&mut harness, "77 a 1, 78 a 2");
    harness.clock(9);
    assert_eq!(harness.outputs(), [""; 0]);
    harness.clock(10);
    assert_eq!(harness.outputs(), ["(a,3)"]);
    assert_eq!(harness.context.state.entry_count(), 0);
    let mut harness = open(spec(sessions(TimeDomain::ProcessingTime, 5), SUM), NativeFunctions::default());
    for (now, value) in [(1, 1), (4, 2), (8, 4)] {
        harness.clock(now);
        assert_eq!(feed(&mut harness, &format!("0 a {value}")), "");
    }
    harness.clock(13);
    assert_eq!(harness.outputs(), ["(a,7)"]);
}

#[test]
fn a_timeout_fires_what_did_not_come_to_its_count() {
    let trigger = Trigger::ProcessingTimeout {
        nested: Rc::new(Trigger::Count(3)),
        timeout: 50,
        resets: false,
        clears: true,
    };
    let timed = WindowSpec { trigger, ..spec(WindowAssigner::Global, SUM) };
    let mut harness = open(timed, NativeFunctions::default());
    assert_eq!(feed(&mut harness, "0 a 1, 0 a 2"), "");
    harness.clock(51);
    assert_eq!(harness.outputs(), ["(a,3)"]);
    assert_eq!(feed(&mut harness, "0 a 1, 0 a 1, 0 a 1"), "(a,6)", "the count began anew");
}

#[test]
fn a_snapshot_goes_on_as_the_original_did() {
    let mut functions = NativeFunctions::default();
    let list = listing(&mut functions);
    let mut harness = open(spec(sessions(TimeDomain::EventTime, 10), list), functions);
    feed(&mut harness, "0 a 1, 21 a 2");
    let mut snapshot = harness.snapshot();
    let rest = "10 a 3, 70 b 1, W 99";
    assert_eq!(feed(&mut snapshot, rest), feed(&mut harness, rest));
}

#[test]
fn a_record_without_a_time_has_no_event_time_window() {
    let mut harness = open(spec(tumbling(10), SUM), NativeFunctions::default());
    let error = harness.try_send_at(i64::MIN, ("a", 1)).unwrap_err().into_message();
    assert!(error.starts_with("Record has Long.MIN_VALUE timestamp (= no timestamp marker)."), "{error}");
}

#[test]
fn a_continuous_trigger_follows_the_clock_too() {
    let assigner = WindowAssigner::tumbling(TimeDomain::ProcessingTime, 10, 0).unwrap();
    let continuous = WindowSpec { trigger: Trigger::ContinuousProcessingTime(4), ..spec(assigner, SUM) };
    let mut harness = open(continuous, NativeFunctions::default());
    harness.clock(1);
    assert_eq!(feed(&mut harness, "0 a 1"), "");
    // At 4, at 8 and at the window's end, each in the ms after it.
    let fired: Vec<i64> = (2..40)
        .filter(|&now| {
            harness.clock(now);
            harness.outputs() == ["(a,1)"]
        })
        .collect();
    assert_eq!(fired, [5, 9, 10]);
    assert_eq!(harness.context.state.entry_count(), 0);
}

#[test]
fn a_delta_trigger_fires_far_from_what_fired_last() {
    let value = |record: &Value| match record {
        Value::Tuple(fields) if let Value::Long(value) = fields[1] => value,
        other => panic!("{other}"),
    };
    let mut functions = NativeFunctions::default();
    let delta = functions.reduce(move |old, new| Value::Long((value(new) - value(old)).abs()));
    let trigger = Trigger::Delta { threshold: 2.0, delta };
    let mut harness = open(WindowSpec { trigger, ..spec(WindowAssigner::Global, SUM) }, functions);
    // 1 is the first; 4 is 3 away from it; 6 is 2 away from 4, 7 is 3.
    assert_eq!(feed(&mut harness, "0 a 1, 0 a 2, 0 a 4"), "(a,7)");
    assert_eq!(feed(&mut harness, "0 a 6"), "");
    assert_eq!(feed(&mut harness, "0 a 7"), "(a,20)");
}

#[test]
fn a_window_may_end_with_the_input() {
    let trigger = Trigger::EndOfStream;
    let whole = WindowSpec { trigger, ..spec(WindowAssigner::Global, SUM) };
    let mut harness = open(whole, NativeFunctions::default());
    assert_eq!(feed(&mut harness, "5 a 1, 3 b 4, 9 a 2, W 100"), "W100");
    let end = i64::MAX;
    assert_eq!(feed(&mut harness, &format!("W {end}")), format!("(a,3) (b,4) W{end}"));
}

#[test]
fn staggered_windows_begin_later() {
    for (stagger, drawn, start) in [
        (WindowStagger::Aligned, Some(3), 0),
        (WindowStagger::Random, Some(3), 3),
        // The first element comes 7 ms into a window of the clock.
        (WindowStagger::Natural, None, 7),
    ] {
        let mut functions = NativeFunctions::default();
        let list = listing(&mut functions);
        let assigner = WindowAssigner::tumbling_staggered(TimeDomain::EventTime, 10, 0, stagger).unwrap();
        let mut harness = open(spec(assigner, list), functions);
        harness.context.stagger_ms = drawn;
        harness.context.now = 27;
        feed(&mut harness, "15 a 1");
        harness.context.now = 29;
        let begin = 10 + start - if start > 5 { 10 } else { 0 };
        let expected = format!("({begin},{}): ((a,1),(a,2)) W99", begin + 10);
        assert_eq!(feed(&mut harness, &format!("{begin} a 2, W 99")), expected, "{stagger:?}");
    }
}
