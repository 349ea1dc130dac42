//! The expectations follow from Flink's operator, queue by queue; times are ms of the virtual clock.

use super::*;
use crate::graph::operator_spec::OperatorSpec;
use crate::operator::harness::Harness;
use crate::operator::native::NativeFunctions;

/// What a function says: results after a while.
fn after(delay: i64, results: &[i64]) -> Value {
    let results = results.iter().map(|&n| Value::Long(n)).collect();
    Value::tuple([Value::Tuple(results), Value::Long(delay)])
}

/// What a function says: an error after a while.
fn fails_after(delay: i64) -> Value {
    Value::tuple([Value::Null, Value::Long(delay), "Error: no".into(), Value::Long(3), Value::Long(7)])
}

fn spec(mode: AsyncOutputMode, capacity: u32) -> AsyncWaitSpec {
    let function = crate::base::ids::FunctionId(0);
    AsyncWaitSpec { function, mode, timeout_ms: 100, capacity, retry: None }
}

fn open_with(spec: AsyncWaitSpec, answer: impl Fn(Method, i64, i64) -> Value + 'static) -> Harness {
    let mut functions = NativeFunctions::default();
    functions.add_with_method(move |method, arguments, context| {
        let Value::Long(n) = arguments[0] else { panic!("a number") };
        Ok(answer(method, n, context.now))
    });
    functions.apply(|arguments, _| Ok(Value::Bool(arguments[0] == Value::tuple([]))));
    functions.apply(|arguments, _| Ok(Value::Bool(arguments[0] == Value::from("Error: no"))));
    Harness::with_functions(&OperatorSpec::AsyncWait(spec), functions)
}

/// Answers tens at once with twice the number, others never; a timeout answers with the number negated.
fn open(mode: AsyncOutputMode, capacity: u32) -> Harness {
    open_with(spec(mode, capacity), |method, n, _| match method {
        Method::Timeout => after(0, &[-n]),
        _ if n % 10 == 0 => after(0, &[2 * n]),
        _ => Value::Null,
    })
}

/// Answers `n` after `n` ms.
fn open_slow(mode: AsyncOutputMode, capacity: u32) -> Harness {
    open_with(spec(mode, capacity), |_, n, _| after(n, &[n]))
}

fn retrying(multiplier: f64) -> AsyncRetryStrategy {
    AsyncRetryStrategy {
        max_attempts: 3,
        initial_delay_ms: 10,
        max_delay_ms: 25,
        multiplier,
        if_result: Some(crate::base::ids::FunctionId(1)),
        if_exception: Some(crate::base::ids::FunctionId(2)),
    }
}

/// What comes out in each ms, as `ms: text`.
fn timeline(harness: &mut Harness, until: i64) -> Vec<String> {
    let mut lines = vec![];
    for now in harness.context.now..=until {
        harness.clock(now);
        lines.extend(harness.outputs().into_iter().map(|text| format!("{now}: {text}")));
    }
    lines
}

#[test]
fn answers_leave_in_the_order_of_their_records() {
    let mut harness = open(AsyncOutputMode::Ordered, 10);
    harness.send(10);
    harness.send(3);
    harness.send(20);
    harness.watermark(5);
    assert_eq!(harness.outputs(), ["20"]);
    assert_eq!(harness.context.elements_waiting, 3);
    harness.clock(101);
    assert_eq!(harness.outputs(), ["-3", "40", "W5"]);
    assert_eq!(harness.context.elements_waiting, 0);
}

#[test]
fn or_as_they_come_but_not_past_a_watermark() {
    let mut harness = open(AsyncOutputMode::Unordered, 10);
    harness.send(3);
    harness.send(20);
    harness.watermark(5);
    harness.send(30);
    assert_eq!(harness.outputs(), ["40"]);
    harness.clock(101);
    assert_eq!(harness.outputs(), ["-3", "W5", "60"]);
}

#[test]
fn the_modes_differ_where_answers_overtake_each_other() {
    let mut ordered = open_slow(AsyncOutputMode::Ordered, 10);
    let mut unordered = open_slow(AsyncOutputMode::Unordered, 10);
    for harness in [&mut ordered, &mut unordered] {
        harness.send(30);
        harness.send(10);
        harness.watermark(5);
        harness.send(4);
        harness.send(2);
    }
    assert_eq!(timeline(&mut ordered, 40), ["30: 30", "30: 10", "30: W5", "30: 4", "30: 2"]);
    // Behind the watermark they leave in the order in which they were answered.
    assert_eq!(timeline(&mut unordered, 40), ["10: 10", "30: 30", "30: W5", "30: 2", "30: 4"]);
}

#[test]
fn one_element_leaves_a_mail() {
    for mode in [AsyncOutputMode::Ordered, AsyncOutputMode::Unordered] {
        let mut harness = open(mode, 10);
        for n in [10, 20, 30] {
            harness.put(0, n.into()).unwrap();
        }
        assert_eq!(harness.outputs(), [""; 0], "an answer that is given at once is a mail, too");
        let mut left = vec![];
        while harness.run_mail() {
            left.push(harness.outputs());
        }
        assert_eq!(left, [["20"], ["40"], ["60"]]);
    }
}

#[test]
fn what_waits_for_the_first_leaves_after_the_mails_that_came_meanwhile() {
    let mut harness =
        open_with(spec(AsyncOutputMode::Ordered, 10), |_, n, _| after(if n == 1 { 5 } else { 0 }, &[n]));
    for n in [1, 2, 3] {
        harness.send(n);
    }
    harness.put(0, 4.into()).unwrap();
    assert_eq!(harness.context.mails, [Callback::Results(3)]);
    harness.context.now = 5;
    let timer = harness.context.clock.take_due(5).unwrap();
    harness.context.mails.push(timer.callback);
    let mut left = vec![];
    while harness.run_mail() {
        left.push(harness.outputs());
    }
    // The results of 4 are known, then the answer to 1 comes and it leaves; each of the rest is a further mail.
    assert_eq!(left, [vec![], vec!["1"], vec!["2"], vec!["3"], vec!["4"]]);
}

#[test]
fn an_answer_after_the_timeout_is_not_asked_for_again() {
    let retry = Some(retrying(1.0));
    let with = AsyncWaitSpec { retry, ..spec(AsyncOutputMode::Ordered, 10) };
    // The timeout's own answer is empty, as those that are asked for again.
    let mut harness =
        open_with(with, |method, _, _| if method == Method::Timeout { after(0, &[]) } else { Value::Null });
    harness.send(7);
    assert_eq!(timeline(&mut harness, 101), [""; 0]);
    assert_eq!(harness.context.elements_waiting, 0);
}

#[test]
fn no_more_wait_than_the_capacity() {
    let mut harness = open(AsyncOutputMode::Ordered, 2);
    harness.send(1);
    assert!(!harness.context.is_full);
    harness.send(2);
    assert!(harness.context.is_full);
    harness.clock(101);
    assert!(!harness.context.is_full);
}

#[test]
fn what_comes_while_it_is_full_is_asked_about_when_there_is_room() {
    let mut harness = open_slow(AsyncOutputMode::Ordered, 2);
    for n in [10, 10, 10] {
        harness.send(n);
    }
    harness.watermark(1);
    assert!(harness.context.is_full);
    assert_eq!(harness.context.elements_waiting, 4);
    assert_eq!(timeline(&mut harness, 40), ["10: 10", "10: 10", "20: 10", "20: W1"]);
}

#[test]
fn the_first_of_answer_and_timeout_counts() {
    let mut harness = open_with(spec(AsyncOutputMode::Ordered, 10), |method, n, _| match method {
        Method::Timeout => after(0, &[-n]),
        _ => after(n, &[n]),
    });
    harness.send(100);
    harness.send(102);
    // A timer fires in the ms after its time.
    assert_eq!(timeline(&mut harness, 300), ["100: 100", "101: -102"]);
}

#[test]
fn a_failure_fails_the_job_in_flinks_words() {
    let mut harness = open_with(spec(AsyncOutputMode::Ordered, 10), |_, _, _| fails_after(0));
    let error = harness.try_send_at(5, 8).unwrap_err();
    assert_eq!(error.message, "Could not complete the stream element: Record @ 5 : 8. Error: no");
    assert_eq!(error.at, Some((3, 7)));
}

#[test]
fn a_fixed_delay_lies_between_attempts() {
    let retry = Some(retrying(1.0));
    let spec = AsyncWaitSpec { retry, ..spec(AsyncOutputMode::Ordered, 10) };
    // Empty until ms 40; each attempt takes 5 ms, and each delay's timer fires 1 ms after it.
    let mut harness = open_with(spec, |_, n, now| if now < 30 { after(5, &[]) } else { after(5, &[n, now]) });
    harness.send(7);
    // Attempts at 0, 16, 32.
    assert_eq!(timeline(&mut harness, 90), ["37: 7", "37: 32"]);
}

#[test]
fn back_off_grows_up_to_its_limit_and_the_last_attempt_counts() {
    let retry = Some(retrying(2.0));
    let spec = AsyncWaitSpec { retry, timeout_ms: 1000, ..spec(AsyncOutputMode::Ordered, 10) };
    let mut harness = open_with(spec, |_, _, _| after(1, &[]));
    harness.send(7);
    let delays: Vec<i64> = (1..=3).map(|attempt| retrying(2.0).backoff_ms(attempt)).collect();
    assert_eq!(delays, [10, 20, 25]);
    // Attempts at 0, 12, 34, 61: then it is complete, with nothing.
    assert_eq!(timeline(&mut harness, 61), [""; 0]);
    assert_eq!(harness.context.elements_waiting, 1);
    harness.clock(62);
    assert_eq!(harness.context.elements_waiting, 0);
}

#[test]
fn errors_are_asked_about_again_if_the_predicate_says_so() {
    let retry = Some(retrying(1.0));
    let with = AsyncWaitSpec { retry, ..spec(AsyncOutputMode::Ordered, 10) };
    let mut harness = open_with(with, |_, n, now| if now < 10 { fails_after(1) } else { after(1, &[n]) });
    harness.send(7);
    assert_eq!(timeline(&mut harness, 90), ["13: 7"]);
}

#[test]
fn a_timeout_ends_the_waiting_for_a_retry() {
    let retry = Some(AsyncRetryStrategy { initial_delay_ms: 500, max_delay_ms: 500, ..retrying(1.0) });
    let with = AsyncWaitSpec { retry, ..spec(AsyncOutputMode::Ordered, 10) };
    let mut harness = open_with(with, |method, n, _| match method {
        Method::Timeout => after(0, &[-n]),
        _ => after(1, &[]),
    });
    harness.send(7);
    assert_eq!(timeline(&mut harness, 700), ["101: -7"]);
}

#[test]
fn when_the_input_ends_what_awaits_a_retry_is_tried_once_more() {
    let retry = Some(AsyncRetryStrategy { initial_delay_ms: 50, max_delay_ms: 50, ..retrying(1.0) });
    let with = AsyncWaitSpec { retry, ..spec(AsyncOutputMode::Ordered, 10) };
    let mut harness = open_with(with, |_, _, now| if now < 20 { after(1, &[]) } else { after(9, &[]) });
    harness.send(7);
    harness.clock(1);
    harness.clock(20);
    harness.end_input(0);
    assert_eq!(harness.context.elements_waiting, 1);
    harness.clock(29);
    assert_eq!(harness.context.elements_waiting, 0, "an empty answer counts now");
}
